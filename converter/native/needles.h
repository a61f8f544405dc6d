/* Needles in the bytes of many records: texts, each told by its number wherever it stands. */

#ifndef NEEDLES_H
#define NEEDLES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

#define BUCKETS 8
#define WINDOW 3
#define LANE 16
#define LONGEST 255

typedef unsigned char byte;

/* How a value ends: anywhere, with the quote that is its last byte, or before what ends a number. */
enum { BEGINS, WHOLE, BARE, KINDS };

typedef struct {
    uint32_t hash;
    byte size, kind, text[LONGEST];
} Value;

#define FIRST 8
#define FIRSTS (1 << 12)

/* Values behind one key; of `kinds` which there are of each length, as bits. Of the bytes with
   which they begin, as many as all have, `firsts` knows the hashes. */
typedef struct {
    Value *slots;
    uint32_t mask;
    uint64_t first;
    byte firsts[FIRSTS / 8];
    Py_ssize_t longest;
    byte kinds[LONGEST + 2];
    int bare;
} Values;

/* A text in any case of its letters if `fold`; if `key`, only behind a quote or dot and before a
   colon, and before one of the values if there are any. It is looked for by three bytes of it, the
   first of them at `at`. */
typedef struct {
    long number;
    Py_ssize_t size, at;
    int fold, key, bucket;
    Values *values;
    byte text[LONGEST];
} Needle;

/* Which needles may stand where the three bytes are such: a bit for each bucket of them. */
typedef struct {
    byte low[WINDOW][LANE], high[WINDOW][LANE];
} Masks;

typedef struct {
    Needle *needles;
    Py_ssize_t count, first[BUCKETS + 1];
    Masks masks;
    double likely;
} Haystack;

typedef struct {
    Py_ssize_t end;
    long number;
} Hit;

typedef struct {
    Hit *all;
    size_t count, room;
    int failed;
} Hits;

typedef struct {
    Py_ssize_t *all;
    size_t count, room;
    int failed;
} Places;

/* What is looked through, and what was found: hits, and where lines end if that is wanted. */
typedef struct {
    const byte *data;
    Py_ssize_t size;
    Hits *hits;
    Places *ends;
} Scan;

/* How lines begin; before their ends stands a return if `returns`. Others count as `odd`. */
typedef struct {
    PyObject *begins;
    int returns;
    long odd;
} Frame;

static inline byte lower(byte c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; }

/* hits.c */
void tell(Hits *hits, Py_ssize_t end, long number);
void note(Places *places, Py_ssize_t place);
void sort(Hits *hits);
int take_hits(Hits *hits, PyObject *list);
PyObject *told(const Hits *hits);

/* lines.c */
PyObject *lines(const Frame *frame, const Scan *scan);

/* values.c */
int take_values(Needle *needle, PyObject *items);
void drop_values(Values *values);
void look_behind(const Needle *key, const Scan *scan, Py_ssize_t at);

/* places.c */
int arrange(Haystack *all, const byte *sample, Py_ssize_t size);

#endif
