/*
 * @title@: encoder of the payloads of the city's own nodes, layout version @version@. C99, for node firmware.
 *
 * Written by @program@ from its table of the family (`lora-gateway codec export @p@ --as c-header`).
 * Do not edit it: export it again. The format: docs/sensor-payloads.md of that program. Licence: Apache-2.0.
 *
 *     @p@_record_t record;
 *     uint8_t payload[@P@_REPORT_BYTES_MAX];
 *     size_t length;
 *
 *     @p@_clear(&record);
 *     (void)@p@_set(&record, @example@, 21.5);       a value in its unit, or
 *     (void)@p@_put(&record, @example@, 215);        in steps of its scale, without reals
 *     (void)@p@_fault(&record, @example@);           the sensor is fitted and could not measure
 *     if (@p@_encode_report(&record, payload, sizeof payload, &length) == @P@_OK) {
 *         send length bytes of payload on FPort @P@_F_PORT
 *     }
 *
 * Fields that are not put in are not sent. A value that is physically impossible is sent as a fault, and the
 * function says so. Samples that were kept while there was no link go out with @p@_encode_stored, on
 * FPort @P@_STORED_F_PORT; all of them have the same fields. Mind the longest payload of your
 * data rate: 11 bytes at AS923 DR2 with dwell time.
 *
 * Define @P@_NO_REAL before including this on processors without a need for double.
 *
 * Bit, name, type, step, unit and range of each field:
 *
@table@
 */
#ifndef @P@_PAYLOAD_H
#define @P@_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define @P@_F_PORT @port@U
#define @P@_STORED_F_PORT @stored_port@U
#define @P@_FIELDS @count@U
#define @P@_RECORD_BYTES_MAX @record_most@U
#define @P@_REPORT_HEADER_BYTES @report_header@U
#define @P@_STORED_HEADER_BYTES @stored_header@U
#define @P@_REPORT_BYTES_MAX (@P@_REPORT_HEADER_BYTES + @P@_RECORD_BYTES_MAX)
/* What the gateway reads; a LoRaWAN payload has at most 242 bytes. */
#define @P@_STORED_BYTES_MAX @stored_most@U
#define @P@_VERSION @version@U
/* 2020-01-01: a clock that says less was never set. */
#define @P@_CLOCK_SET_FROM @clock_set_from@UL
/* Fields that only name what a record is about, and fields of bits, by bit of the presence bitmap. */
#define @P@_TAG_BITS @tags@
#define @P@_FLAG_BITS @flag_bits@

typedef enum {
    @P@_OK = 0,
    @P@_IMPOSSIBLE,   /* the value is outside of its range; it is sent as a fault */
    @P@_NO_FIELD,     /* there is no such field, or it cannot hold that */
    @P@_EMPTY,        /* the record says nothing */
    @P@_NO_ROOM,      /* the bytes do not fit into the buffer, or are more than the gateway reads */
    @P@_MIXED,        /* stored samples have different fields */
    @P@_NO_STEP,      /* several stored samples would have one time */
    @P@_CLOCK_NOT_SET /* t0 is before 2020 */
} @p@_status_t;

/* The fields, by bit of the presence bitmap. */
typedef enum {
@fields@
} @p@_field_t;

/* A value in steps of its field's scale. */
typedef @integer@_t @p@_steps_t;

/* What is to be sent of one moment. Begin with @p@_clear. */
typedef struct {
    uint16_t present;
    uint16_t faults;
    @p@_steps_t steps[@P@_FIELDS];
} @p@_record_t;

/* A field's lowest and highest possible value, its fault sentinel, and its bytes. */
typedef struct {
    @p@_steps_t low;
    @p@_steps_t high;
    @p@_steps_t fault;
    uint8_t bytes;
} @p@_row_t;

static inline const @p@_row_t *@p@_row(uint16_t field)
{
    static const @p@_row_t rows[@P@_FIELDS] = {
@rows@
    };
    return &rows[field];
}

static inline bool @p@_holds(uint16_t bits, uint16_t field)
{
    return ((uint32_t)bits & ((uint32_t)1U << field)) != 0U;
}

/* A record that says nothing yet. */
static inline void @p@_clear(@p@_record_t *record)
{
    uint16_t field;
    record->present = 0U;
    record->faults = 0U;
    for (field = 0U; field < @P@_FIELDS; field++) {
        record->steps[field] = 0;
    }
}

/* The sensor is fitted and could not measure. Flags have no fault. */
static inline @p@_status_t @p@_fault(@p@_record_t *record, @p@_field_t field)
{
    @p@_status_t status = @P@_NO_FIELD;
    const uint16_t place = (uint16_t)field;
    if (place < @P@_FIELDS) {
        const uint16_t bit = (uint16_t)(1UL << place);
        if ((bit & @P@_FLAG_BITS) == 0U) {
            record->present = (uint16_t)(record->present | bit);
            record->faults = (uint16_t)(record->faults | bit);
            status = @P@_OK;
        }
    }
    return status;
}

/* Put in a value in steps of the field's scale: 215 is 21.5 where the scale is 0.1. */
static inline @p@_status_t @p@_put(
    @p@_record_t *record, @p@_field_t field, @p@_steps_t steps)
{
    @p@_status_t status = @P@_NO_FIELD;
    const uint16_t place = (uint16_t)field;
    if (place < @P@_FIELDS) {
        const uint16_t bit = (uint16_t)(1UL << place);
        const @p@_row_t *const row = @p@_row(place);
        if ((steps >= row->low) && (steps <= row->high)) {
            record->present = (uint16_t)(record->present | bit);
            record->faults = (uint16_t)(record->faults & (uint16_t)(~(uint32_t)bit));
            record->steps[place] = steps;
            status = @P@_OK;
        } else if (@p@_fault(record, field) == @P@_OK) {
            status = @P@_IMPOSSIBLE;
        } else {
            /* Bits that no flag has. */
        }
    }
    return status;
}

#ifndef @P@_NO_REAL
/* Put in a value in its unit, rounded to the nearest step. What is no number is impossible. */
static inline @p@_status_t @p@_set(
    @p@_record_t *record, @p@_field_t field, double value)
{
    static const double steps_per_unit[@P@_FIELDS] = {
@reals@
    };
    @p@_status_t status = @P@_NO_FIELD;
    const uint16_t place = (uint16_t)field;
    if (place < @P@_FIELDS) {
        const @p@_row_t *const row = @p@_row(place);
        const double steps = value * steps_per_unit[place];
        if ((steps > ((double)row->low - 0.5)) && (steps < ((double)row->high + 0.5))) {
            const double half = (steps < 0.0) ? -0.5 : 0.5;
            status = @p@_put(record, field, (@p@_steps_t)(steps + half));
        } else if (@p@_fault(record, field) == @P@_OK) {
            status = @P@_IMPOSSIBLE;
        } else {
            /* Bits that no flag has. */
        }
    }
    return status;
}
#endif
@flags@
/* How many bytes the fields take that are in a presence bitmap. */
static inline size_t @p@_record_bytes(uint16_t present)
{
    size_t bytes = 0U;
    uint16_t field;
    for (field = 0U; field < @P@_FIELDS; field++) {
        if (@p@_holds(present, field)) {
            bytes += @p@_row(field)->bytes;
        }
    }
    return bytes;
}

/* Whether the gateway would take the record: it says more than which thing it is about. */
static inline bool @p@_says_something(const @p@_record_t *record)
{
    const uint16_t tags = (uint16_t)(record->present & @P@_TAG_BITS);
    return (record->present != 0U) &&
           ((record->present != tags) || ((record->faults & tags) == tags));
}

/* Write an integer, the most significant byte first; the place after it. */
static inline size_t @p@_write(
    uint8_t *out, size_t at, @natural@_t integer, uint8_t bytes)
{
    uint8_t left;
    size_t end = at;
    for (left = bytes; left > 0U; left--) {
        out[end] = (uint8_t)((integer >> (8U * (uint32_t)(left - 1U))) & 0xFFU);
        end++;
    }
    return end;
}

/* Write the fields of a record; the place after them. */
static inline size_t @p@_write_record(
    const @p@_record_t *record, uint8_t *out, size_t at)
{
    size_t end = at;
    uint16_t field;
    for (field = 0U; field < @P@_FIELDS; field++) {
        if (@p@_holds(record->present, field)) {
            const @p@_row_t *const row = @p@_row(field);
            const bool failed = @p@_holds(record->faults, field);
            const @p@_steps_t steps = failed ? row->fault : record->steps[field];
            end = @p@_write(out, end, (@natural@_t)steps, row->bytes);
        }
    }
    return end;
}

/* The payload of a report. *length is written only when the status is @P@_OK. */
static inline @p@_status_t @p@_encode_report(
    const @p@_record_t *record, uint8_t *out, size_t size, size_t *length)
{
    @p@_status_t status = @P@_OK;
    if (!@p@_says_something(record)) {
        status = @P@_EMPTY;
    } else if ((@P@_REPORT_HEADER_BYTES + @p@_record_bytes(record->present)) > size) {
        status = @P@_NO_ROOM;
    } else {
        size_t at = @p@_write(out, 0U, @P@_VERSION, 1U);
        at = @p@_write(out, at, record->present, 2U);
        *length = @p@_write_record(record, out, at);
    }
    return status;
}

/*
 * The payload of stored samples: the first is of Unix time t0, the others follow every step_s seconds.
 * *length is written only when the status is @P@_OK.
 */
static inline @p@_status_t @p@_encode_stored(
    const @p@_record_t *records, size_t count, uint32_t t0, uint16_t step_s,
    uint8_t *out, size_t size, size_t *length)
{
    @p@_status_t status = (count == 0U) ? @P@_EMPTY : @P@_OK;
    const size_t most = (size < @P@_STORED_BYTES_MAX) ? size : @P@_STORED_BYTES_MAX;
    size_t n;
    for (n = 0U; (n < count) && (status == @P@_OK); n++) {
        if (!@p@_says_something(&records[n])) {
            status = @P@_EMPTY;
        } else if (records[n].present != records[0].present) {
            status = @P@_MIXED;
        } else {
            /* It can go with the others. */
        }
    }
    if (status != @P@_OK) {
        /* It is said already. */
    } else if ((count > 1U) && (step_s == 0U)) {
        status = @P@_NO_STEP;
    } else if (t0 < @P@_CLOCK_SET_FROM) {
        status = @P@_CLOCK_NOT_SET;
    } else if ((most < @P@_STORED_HEADER_BYTES) ||
               (count > ((most - @P@_STORED_HEADER_BYTES) / @p@_record_bytes(records[0].present)))) {
        status = @P@_NO_ROOM;
    } else {
        size_t at = @p@_write(out, 0U, @P@_VERSION, 1U);
        at = @p@_write(out, at, t0, 4U);
        at = @p@_write(out, at, step_s, 2U);
        at = @p@_write(out, at, records[0].present, 2U);
        for (n = 0U; n < count; n++) {
            at = @p@_write_record(&records[n], out, at);
        }
        *length = at;
    }
    return status;
}

#endif
