"""What network servers and gateway bridges publish: one module per dialect, all pure.

Each takes one message and returns a value of `gateway.model`, or raises ValueError with a sentence for a
person. `gateway.sources.mqtt.protocol` chooses the dialect and makes a Malformed of the sentence.
"""
