/* Hits and places, as they are found, and as Python gives and gets them. */

#include "needles.h"

/* Room for one more of so many bytes; NULL where there is no memory, which is then known. */
static void *grown(void *all, size_t *room, size_t size, int *failed)
{
    size_t more = *room ? 2 * *room : 64;
    void *found = realloc(all, more * size);
    if (found)
        *room = more;
    else
        *failed = 1;
    return found;
}

void tell(Hits *hits, Py_ssize_t end, long number)
{
    if (hits->count == hits->room) {
        Hit *all = grown(hits->all, &hits->room, sizeof(Hit), &hits->failed);
        if (!all)
            return;
        hits->all = all;
    }
    hits->all[hits->count++] = (Hit){end, number};
}

void note(Places *places, Py_ssize_t place)
{
    if (places->count == places->room) {
        Py_ssize_t *all =
            grown(places->all, &places->room, sizeof(Py_ssize_t), &places->failed);
        if (!all)
            return;
        places->all = all;
    }
    places->all[places->count++] = place;
}

static int by_end(const void *one, const void *other)
{
    const Hit *a = one, *b = other;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

void sort(Hits *hits)
{
    if (hits->count)
        qsort(hits->all, hits->count, sizeof(Hit), by_end);
}

/* Adds hits that Python gives as a list of pairs. 0 with an exception set if it is none. */
int take_hits(Hits *hits, PyObject *list)
{
    for (Py_ssize_t at = 0; at < PyList_GET_SIZE(list); at++) {
        PyObject *hit = PyList_GET_ITEM(list, at);
        Py_ssize_t end;
        long number;
        if (!PyTuple_Check(hit)) {
            PyErr_SetString(PyExc_TypeError, "a hit is a tuple");
            return 0;
        }
        if (!PyArg_ParseTuple(hit, "nl", &end, &number))
            return 0;
        tell(hits, end, number);
    }
    return 1;
}

static PyObject *pair(const Hit *hit)
{
    PyObject *end = PyLong_FromSsize_t(hit->end), *number = PyLong_FromLong(hit->number);
    PyObject *made = end && number ? PyTuple_Pack(2, end, number) : NULL;
    Py_XDECREF(end);
    Py_XDECREF(number);
    return made;
}

/* A list of pairs, end and number; NULL with an exception set where there is no memory. */
PyObject *told(const Hits *hits)
{
    if (hits->failed)
        return PyErr_NoMemory();
    PyObject *list = PyList_New((Py_ssize_t)hits->count);
    for (size_t at = 0; list && at < hits->count; at++) {
        PyObject *hit = pair(&hits->all[at]);
        if (hit)
            PyList_SET_ITEM(list, (Py_ssize_t)at, hit);
        else
            Py_CLEAR(list);
    }
    return list;
}
