
/* The flags, by bit of their field. */
typedef enum {
@members@
} @p@_flag_t;

/* Set or clear one flag; the others keep what they are. The first one makes the field present. */
static inline @p@_status_t @p@_set_flag(@p@_record_t *record, @p@_flag_t flag, bool on)
{
    const @p@_steps_t bit = (@p@_steps_t)(1UL << (uint16_t)flag);
    const @p@_steps_t others = record->steps[@field@] & ~bit;
    return @p@_put(record, @field@, on ? (others | bit) : others);
}
