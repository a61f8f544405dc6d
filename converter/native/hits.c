/* Hits, as they are found and as Python gets them. */

#include "needles.h"

void tell(Hits *hits, Py_ssize_t end, long number)
{
    if (hits->count == hits->room) {
        size_t room = hits->room ? 2 * hits->room : 64;
        Hit *all = realloc(hits->all, room * sizeof(Hit));
        if (!all) {
            hits->failed = 1;
            return;
        }
        hits->all = all;
        hits->room = room;
    }
    hits->all[hits->count++] = (Hit){end, number};
}

/* A list of pairs, end and number; NULL with an exception set where there is no memory. */
PyObject *told(const Hits *hits)
{
    if (hits->failed)
        return PyErr_NoMemory();
    PyObject *list = PyList_New((Py_ssize_t)hits->count);
    for (size_t at = 0; list && at < hits->count; at++) {
        PyObject *hit = Py_BuildValue("(nl)", hits->all[at].end, hits->all[at].number);
        if (hit)
            PyList_SET_ITEM(list, (Py_ssize_t)at, hit);
        else
            Py_CLEAR(list);
    }
    return list;
}
