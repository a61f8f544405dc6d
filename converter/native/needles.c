/* One pass over the bytes of many records, for all needles and the ends of lines.

   At each place three bytes are looked up by their halves, 32 places at a time: what is left are
   a few places at which a needle may stand, and only there it is compared ("Teddy", as Hyperscan
   calls it). Needs AVX2. */

#include "needles.h"

#include <immintrin.h>
#include <structmember.h>

#define AVX2 __attribute__((target("avx2")))
#define INLINE inline __attribute__((always_inline))
#define STEP 32

typedef struct {
    PyObject_HEAD
    Haystack all;
    Frame frame;
} Needles;

static int equal(const Needle *needle, const byte *there)
{
    if (!needle->fold)
        return !memcmp(needle->text, there, (size_t)needle->size);
    for (Py_ssize_t at = 0; at < needle->size; at++)
        if (needle->text[at] != lower(there[at]))
            return 0;
    return 1;
}

static void look_at(const Needle *needle, const Scan *scan, Py_ssize_t place)
{
    Py_ssize_t start = place - needle->at, end = start + needle->size;
    if (start < 0 || end > scan->size || !equal(needle, scan->data + start))
        return;
    if (!needle->key)
        tell(scan->hits, end, needle->number);
    else if (start && (scan->data[start - 1] == '"' || scan->data[start - 1] == '.'))
        look_behind(needle, scan, end);
}

static void look_at_all(const Haystack *all, const Scan *scan, Py_ssize_t place, unsigned buckets)
{
    for (; buckets; buckets &= buckets - 1) {
        const Py_ssize_t *first = all->first + __builtin_ctz(buckets);
        for (Py_ssize_t at = first[0]; at < first[1]; at++)
            look_at(&all->needles[at], scan, place);
    }
}

/* The masks for 32 places; `lines` has all bits where the ends of lines are wanted, else none. */
typedef struct {
    __m256i low[WINDOW], high[WINDOW], lines;
} Wide;

AVX2 static Wide widened(const Masks *masks, int lines)
{
    Wide wide = {.lines = _mm256_set1_epi8(lines ? -1 : 0)};
    for (int nth = 0; nth < WINDOW; nth++) {
        const void *low = masks->low[nth], *high = masks->high[nth];
        wide.low[nth] = _mm256_broadcastsi128_si256(_mm_loadu_si128(low));
        wide.high[nth] = _mm256_broadcastsi128_si256(_mm_loadu_si128(high));
    }
    return wide;
}

/* For each of 32 places in which buckets there are needles that have such a byte as their nth. */
AVX2 static INLINE __m256i having(const Wide *masks, int nth, const byte *data)
{
    const __m256i half = _mm256_set1_epi8(15);
    __m256i bytes = _mm256_loadu_si256((const void *)(data + nth));
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
    __m256i low = _mm256_shuffle_epi8(masks->low[nth], _mm256_and_si256(bytes, half));
    return _mm256_and_si256(low, _mm256_shuffle_epi8(masks->high[nth], high));
}

static void look_closer(
    const Haystack *all, const Scan *scan, Py_ssize_t place, unsigned some, const byte *found)
{
    for (; some; some &= some - 1) {
        int at = __builtin_ctz(some);
        look_at_all(all, scan, place + at, found[at]);
    }
}

static void note_ends(Places *ends, Py_ssize_t place, unsigned some)
{
    for (; some; some &= some - 1)
        note(ends, place + __builtin_ctz(some));
}

AVX2 static INLINE __m256i equal_to(__m256i bytes, char c)
{
    return _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(c));
}

/* The few places of 32 at which there may be anything. */
AVX2 static __attribute__((noinline)) void look_at_some(const Needles *self, const Scan *scan,
                                                        Py_ssize_t place, __m256i found,
                                                        __m256i ends)
{
    byte buckets[STEP];
    _mm256_storeu_si256((void *)buckets, found);
    unsigned none = (unsigned)_mm256_movemask_epi8(equal_to(found, 0));
    look_closer(&self->all, scan, place, ~none, buckets);
    note_ends(scan->ends, place, (unsigned)_mm256_movemask_epi8(ends));
}

/* 32 places, of which the first is `place`; `data` holds them and two bytes more. */
AVX2 static INLINE void look_around(const Needles *self, const Wide *masks, const Scan *scan,
                                    const byte *data, Py_ssize_t place)
{
    __m256i found = having(masks, 0, data);
    for (int nth = 1; nth < WINDOW; nth++)
        found = _mm256_and_si256(found, having(masks, nth, data));
    __m256i ends = equal_to(_mm256_loadu_si256((const void *)data), '\n');
    ends = _mm256_and_si256(ends, masks->lines);
    __m256i some = _mm256_or_si256(found, ends);
    if (__builtin_expect(!_mm256_testz_si256(some, some), 0))
        look_at_some(self, scan, place, found, ends);
}

AVX2 static void look_through(const Needles *self, const Scan *scan)
{
    const Wide masks = widened(&self->all.masks, scan->ends != NULL);
    byte rest[3 * STEP] = {0};
    Py_ssize_t place = 0;
    for (; place + STEP + WINDOW - 1 <= scan->size; place += STEP)
        look_around(self, &masks, scan, scan->data + place, place);
    memcpy(rest, scan->data + place, (size_t)(scan->size - place));
    for (Py_ssize_t at = 0; place + at < scan->size; at += STEP)
        look_around(self, &masks, scan, rest + at, place + at);
}

static PyObject *needles_scan(Needles *self, PyObject *args)
{
    Py_buffer data;
    Hits hits = {0};
    if (!PyArg_ParseTuple(args, "y*", &data))
        return NULL;
    Scan scan = {.data = data.buf, .size = data.len, .hits = &hits};
    Py_BEGIN_ALLOW_THREADS
    look_through(self, &scan);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&data);
    PyObject *list = told(&hits);
    free(hits.all);
    return list;
}

static PyObject *needles_lines(Needles *self, PyObject *args)
{
    Py_buffer data;
    PyObject *more, *found = NULL;
    Hits hits = {0};
    Places ends = {0};
    if (!PyArg_ParseTuple(args, "y*O!", &data, &PyList_Type, &more))
        return NULL;
    Scan scan = {.data = data.buf, .size = data.len, .hits = &hits, .ends = &ends};
    if (!self->frame.begins)
        PyErr_SetString(PyExc_RuntimeError, "it was never made");
    else if (take_hits(&hits, more)) {
        Py_BEGIN_ALLOW_THREADS
        look_through(self, &scan);
        sort(&hits);
        Py_END_ALLOW_THREADS
        found = lines(&self->frame, &scan);
    }
    PyBuffer_Release(&data);
    free(hits.all);
    free(ends.all);
    return found;
}

static int take_needle(Needle *needle, PyObject *item)
{
    const char *text;
    PyObject *values;
    if (!PyTuple_Check(item)) {
        PyErr_SetString(PyExc_TypeError, "a needle is a tuple");
        return 0;
    }
    if (!PyArg_ParseTuple(item, "ly#ppO", &needle->number, &text, &needle->size, &needle->fold,
                          &needle->key, &values))
        return 0;
    if (needle->size < 2 || needle->size > LONGEST) {
        PyErr_SetString(PyExc_ValueError, "a needle has 2 to 255 bytes");
        return 0;
    }
    memcpy(needle->text, text, (size_t)needle->size);
    return values == Py_None || take_values(needle, values);
}

static int take(Needles *self, PyObject *items, const byte *sample, Py_ssize_t size)
{
    Haystack *all = &self->all;
    all->needles = PyMem_Calloc((size_t)PyTuple_GET_SIZE(items) + 1, sizeof(Needle));
    if (!all->needles) {
        PyErr_NoMemory();
        return -1;
    }
    while (all->count < PyTuple_GET_SIZE(items)) {
        Needle *next = &all->needles[all->count];
        if (!take_needle(next, PyTuple_GET_ITEM(items, all->count++)))
            return -1;
    }
    return arrange(all, sample, size) ? 0 : -1;
}

static int needles_init(Needles *self, PyObject *args, PyObject *Py_UNUSED(named))
{
    PyObject *items, *known;
    const char *sample;
    Py_ssize_t size;
    if (self->frame.begins) {
        PyErr_SetString(PyExc_TypeError, "it is made once");
        return -1;
    }
    if (!PyArg_ParseTuple(args, "O!y#O!pl", &PyTuple_Type, &items, &sample, &size, &PyTuple_Type,
                          &known, &self->frame.returns, &self->frame.odd))
        return -1;
    for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(known); at++)
        if (!PyBytes_Check(PyTuple_GET_ITEM(known, at))) {
            PyErr_SetString(PyExc_TypeError, "beginnings are bytes");
            return -1;
        }
    self->frame.begins = Py_NewRef(known);
    return take(self, items, (const byte *)sample, size);
}

static void needles_dealloc(Needles *self)
{
    for (Py_ssize_t at = 0; at < self->all.count; at++)
        drop_values(self->all.needles[at].values);
    PyMem_Free(self->all.needles);
    Py_XDECREF(self->frame.begins);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyMethodDef methods[] = {
    {"scan", (PyCFunction)needles_scan, METH_VARARGS, NULL},
    {"lines", (PyCFunction)needles_lines, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef members[] = {
    {"likely", T_DOUBLE, offsetof(Needles, all.likely), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyTypeObject type = {
    .ob_base = PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "converter.native.needles.Needles",
    .tp_basicsize = sizeof(Needles),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)needles_init,
    .tp_dealloc = (destructor)needles_dealloc,
    .tp_methods = methods,
    .tp_members = members,
};

static PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "converter.native.needles",
    .m_size = -1,
};

PyMODINIT_FUNC PyInit_needles(void)
{
    if (!__builtin_cpu_supports("avx2")) {
        PyErr_SetString(PyExc_ImportError, "this processor has no AVX2");
        return NULL;
    }
    if (PyType_Ready(&type) < 0)
        return NULL;
    PyObject *module = PyModule_Create(&definition);
    if (module && PyModule_AddObjectRef(module, "Needles", (PyObject *)&type) < 0)
        Py_CLEAR(module);
    return module;
}
