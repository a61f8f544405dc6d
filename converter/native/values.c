/* Which of many values stands behind a key. */

#include "needles.h"

#define START 2166136261u

static uint32_t hashed(uint32_t hash, byte c) { return (hash ^ c) * 16777619u; }

static int is_space(byte c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static uint32_t room(Py_ssize_t count)
{
    uint32_t size = 2;
    while (size < 2 * (size_t)count)
        size *= 2;
    return size;
}

/* A hash of the first bytes, in any case; there must be eight. */
static uint32_t first_of(const Values *values, const byte *text)
{
    uint64_t first;
    memcpy(&first, text, FIRST);
    first = (first | 0x2020202020202020u) & values->first;
    return (uint32_t)((first * 0x9E3779B97F4A7C15u) >> 52);
}

/* Learns how values begin: only what is no slash, which may be escaped, and what all have. */
static void take_firsts(Values *values)
{
    Py_ssize_t common = FIRST;
    for (uint32_t slot = 0; slot <= values->mask; slot++) {
        const Value *one = &values->slots[slot];
        const byte *slash = memchr(one->text, '/', one->size);
        if (one->size)
            common = Py_MIN(common, slash ? slash - one->text : one->size);
    }
    values->first = common < FIRST ? ((uint64_t)1 << 8 * common) - 1 : UINT64_MAX;
    for (uint32_t slot = 0; slot <= values->mask; slot++)
        if (values->slots[slot].size) {
            uint32_t first = first_of(values, values->slots[slot].text);
            values->firsts[first / 8] |= 1 << first % 8;
        }
}

static int may_be_known(const Values *values, const Scan *scan, Py_ssize_t at)
{
    if (at + FIRST > scan->size)
        return 1;
    uint32_t first = first_of(values, scan->data + at);
    return values->firsts[first / 8] & 1 << first % 8;
}

static void put(Values *values, const byte *text, Py_ssize_t size, int kind)
{
    uint32_t hash = START;
    for (Py_ssize_t at = 0; at < size; at++)
        hash = hashed(hash, text[at]);
    uint32_t slot = hash & values->mask;
    while (values->slots[slot].size)
        slot = (slot + 1) & values->mask;
    Value *one = &values->slots[slot];
    *one = (Value){.hash = hash, .size = (byte)size, .kind = (byte)kind};
    memcpy(one->text, text, (size_t)size);
    values->kinds[size] |= 1 << kind;
    values->bare |= kind == BARE;
    values->longest = Py_MAX(values->longest, size);
}

static int take_value(Values *values, PyObject *item)
{
    const char *text;
    Py_ssize_t size;
    int kind;
    if (!PyTuple_Check(item)) {
        PyErr_SetString(PyExc_TypeError, "a value is a tuple");
        return 0;
    }
    if (!PyArg_ParseTuple(item, "y#i", &text, &size, &kind))
        return 0;
    if (size < 1 || size > LONGEST || kind < 0 || kind >= KINDS) {
        PyErr_SetString(PyExc_ValueError, "a value has 1 to 255 bytes and one of three kinds");
        return 0;
    }
    put(values, (const byte *)text, size, kind);
    return 1;
}

/* A tuple of pairs, text and kind, for this needle. 0 with an exception set if it is none. */
int take_values(Needle *needle, PyObject *items)
{
    if (!PyTuple_Check(items)) {
        PyErr_SetString(PyExc_TypeError, "values are a tuple");
        return 0;
    }
    uint32_t slots = room(PyTuple_GET_SIZE(items));
    Values *values = needle->values = PyMem_Calloc(1, sizeof(Values));
    if (values)
        values->slots = PyMem_Calloc(slots, sizeof(Value));
    if (!values || !values->slots) {
        PyErr_NoMemory();
        return 0;
    }
    values->mask = slots - 1;
    for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(items); at++)
        if (!take_value(values, PyTuple_GET_ITEM(items, at)))
            return 0;
    take_firsts(values);
    return 1;
}

void drop_values(Values *values)
{
    if (values)
        PyMem_Free(values->slots);
    PyMem_Free(values);
}

/* A text as far as it was read, in lower case. */
typedef struct {
    Py_ssize_t size;
    uint32_t hash;
    byte text[LONGEST + 2];
} Seen;

static inline void see(Seen *seen, byte c)
{
    c = lower(c);
    seen->hash = hashed(seen->hash, c);
    seen->text[seen->size++] = c;
}

static int is_known(const Values *values, const Seen *seen, int kind)
{
    uint32_t slot = seen->hash & values->mask;
    for (; values->slots[slot].size; slot = (slot + 1) & values->mask) {
        const Value *one = &values->slots[slot];
        if (one->hash == seen->hash && one->kind == kind && one->size == seen->size
            && !memcmp(one->text, seen->text, (size_t)seen->size))
            return 1;
    }
    return 0;
}

static int ends_bare(const Scan *scan, Py_ssize_t at)
{
    return at < scan->size
        && (is_space(scan->data[at]) || memchr("\",}]", scan->data[at], 4) != NULL);
}

static void look_at_part(const Needle *key, const Scan *scan, const Seen *seen, Py_ssize_t at)
{
    if (is_known(key->values, seen, BEGINS))
        tell(scan->hits, at, key->number);
    if (ends_bare(scan, at) && is_known(key->values, seen, BARE))
        tell(scan->hits, at + 1, key->number);
}

/* Tells where each of the key's values ends that begins there. Slashes may be escaped. */
static void look_at_value(const Needle *key, const Scan *scan, Py_ssize_t at)
{
    const Values *values = key->values;
    if (!may_be_known(values, scan, at))
        return;
    Seen seen;
    seen.size = 0;
    seen.hash = START;
    while (at < scan->size && seen.size < values->longest) {
        byte c = scan->data[at++];
        int escaped = c == '\\' && at < scan->size;
        if (escaped && (c = scan->data[at++]) != '/')
            see(&seen, '\\');
        see(&seen, c);
        int kinds = values->kinds[seen.size];
        if (c == '"' && !escaped) {
            if (kinds & 1 << WHOLE && is_known(values, &seen, WHOLE))
                tell(scan->hits, at, key->number);
            return;
        }
        if (kinds & ~(1 << WHOLE))
            look_at_part(key, scan, &seen, at);
    }
}

static int is_digit(const Scan *scan, Py_ssize_t at)
{
    return at < scan->size && scan->data[at] >= '0' && scan->data[at] <= '9';
}

/* Tells a number that may be spelled in another way: 5.0, 5e0, -0. */
static void look_at_number(const Needle *key, const Scan *scan, Py_ssize_t at)
{
    int minus = scan->data[at] == '-';
    Py_ssize_t end = at += minus;
    while (is_digit(scan, end))
        end++;
    if (minus && is_digit(scan, at) && scan->data[at] == '0')
        tell(scan->hits, at + 1, key->number);
    else if (end > at && end < scan->size && (scan->data[end] == '.' || lower(scan->data[end]) == 'e'))
        tell(scan->hits, end + 1, key->number);
}

static Py_ssize_t past_space(const Scan *scan, Py_ssize_t at)
{
    while (at < scan->size && is_space(scan->data[at]))
        at++;
    return at;
}

/* Tells a key that ends there, and what stands behind its colon: one of its values, or a list. */
void look_behind(const Needle *key, const Scan *scan, Py_ssize_t at)
{
    at = past_space(scan, at);
    if (at >= scan->size || scan->data[at] != ':')
        return;
    if (!key->values) {
        tell(scan->hits, at + 1, key->number);
        return;
    }
    at = past_space(scan, at + 1);
    if (at >= scan->size)
        return;
    byte c = scan->data[at];
    if (c == '[')
        tell(scan->hits, at + 1, key->number);
    else if (c == '"')
        look_at_value(key, scan, at + 1);
    else if (key->values->bare) {
        look_at_value(key, scan, at);
        look_at_number(key, scan, at);
    }
}
