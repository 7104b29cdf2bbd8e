"""The payloads of the city's own nodes for others: as a codec for network servers, as an encoder for firmware.

    Layout -> ts013.py     one JavaScript file that decodes, for ChirpStack, The Things Stack and their like
    Layout -> c_header.py  one C header that encodes, for the nodes

Both are made from the tables that decode here, so that a field is written down once. Pure: text comes out.
"""
