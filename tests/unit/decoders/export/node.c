/*
 * Firmware of a node as the tests have it: orders come as lines, payloads go out as lines of hex.
 *
 *     p N FIELD STEPS   f N FIELD   s N FIELD VALUE   b N FLAG ON    into record N; the status as a number
 *     r SIZE            a report of record 0                         the status, and hex if it is 0
 *     t COUNT T0 STEP SIZE    stored samples of the first records    the same
 *     c                 clear all
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define JOINED(a, b) a##b
#define JOIN(a, b) JOINED(a, b)
#define OF(name) JOIN(FAMILY, name)

#define RECORDS 4096U

static OF(_record_t) records[RECORDS];
static unsigned used = RECORDS;

static void tell(int status, const uint8_t *payload, size_t length)
{
    size_t n;
    printf("%d ", status);
    for (n = 0U; (status == 0) && (n < length); n++) {
        printf("%02x", payload[n]);
    }
    printf("\n");
}

int main(void)
{
    char order;
    while (scanf(" %c", &order) == 1) {
        unsigned n = 0U;
        unsigned field = 0U;
        long long steps = 0;
        double value = 0.0;
        size_t length = 0U;
        int status = -1;
        if (order == 'c') {
            for (n = 0U; n < used; n++) {
                OF(_clear)(&records[n]);
            }
            used = 1U;
            continue;
        }
        if ((order == 'r') && (scanf("%u", &n) == 1)) {
            uint8_t *payload = malloc((n > 0U) ? n : 1U);
            status = (int)OF(_encode_report)(&records[0], payload, n, &length);
            tell(status, payload, length);
            free(payload);
            continue;
        }
        if (order == 't') {
            unsigned count = 0U;
            uint32_t t0 = 0U;
            unsigned step = 0U;
            if (scanf("%u %" SCNu32 " %u %u", &count, &t0, &step, &n) == 4) {
                uint8_t *payload = malloc((n > 0U) ? n : 1U);
                status = (int)OF(_encode_stored)(
                    records, count, t0, (uint16_t)step, payload, n, &length);
                tell(status, payload, length);
                free(payload);
            }
            continue;
        }
        if ((scanf("%u %u", &n, &field) != 2) || (n >= RECORDS)) {
            return 1;
        }
        used = (n >= used) ? (n + 1U) : used;
        if ((order == 'p') && (scanf("%lld", &steps) == 1)) {
            status = (int)OF(_put)(&records[n], (OF(_field_t))field, (OF(_steps_t))steps);
        } else if (order == 'f') {
            status = (int)OF(_fault)(&records[n], (OF(_field_t))field);
        } else if ((order == 's') && (scanf("%lf", &value) == 1)) {
            status = (int)OF(_set)(&records[n], (OF(_field_t))field, value);
#ifdef HAS_FLAGS
        } else if ((order == 'b') && (scanf("%lld", &steps) == 1)) {
            status = (int)OF(_set_flag)(&records[n], (OF(_flag_t))field, steps != 0);
#endif
        }
        tell(status, NULL, 0U);
    }
    return 0;
}
