/* Hits -> the lines in which they are, and lines that begin or end otherwise than most. */

#include "needles.h"

typedef struct {
    Py_ssize_t start, end;
} Line;

static int begins(const Frame *frame, const Scan *scan, Line line)
{
    for (Py_ssize_t at = 0; at < PyTuple_GET_SIZE(frame->begins); at++) {
        PyObject *text = PyTuple_GET_ITEM(frame->begins, at);
        Py_ssize_t size = PyBytes_GET_SIZE(text);
        const char *wanted = PyBytes_AS_STRING(text);
        if (size <= scan->size - line.start
            && !memcmp(scan->data + line.start, wanted, (size_t)size))
            return 1;
    }
    return 0;
}

static int ends(const Frame *frame, const Scan *scan, Line line)
{
    Py_ssize_t last = line.end - 1;
    if (frame->returns && last >= line.start && scan->data[last--] != '\r')
        return 0;
    return last >= line.start && scan->data[last] == '}';
}

/* One line that is to be looked at: how many others are before it, where it begins and ends, and
   its hits, or None if it is odd. */
static PyObject *shown(Line line, Py_ssize_t skipped, const Hits *hits)
{
    PyObject *list = hits ? told(hits) : Py_NewRef(Py_None);
    return list ? Py_BuildValue("(nnnN)", skipped, line.start, line.end, list) : NULL;
}

static int append(PyObject *list, PyObject *item)
{
    int done = item && !PyList_Append(list, item);
    Py_XDECREF(item);
    return done;
}

/* The hits that end in a line, or with the line end; `from` is then behind them. */
static Hits inside(const Hits *hits, Line line, size_t *from, const Frame *frame, int *odd)
{
    Hits mine = {.all = hits->all + *from};
    for (; *from < hits->count && hits->all[*from].end - 1 <= line.end; ++*from) {
        *odd |= hits->all[*from].number == frame->odd;
        mine.count++;
    }
    return mine;
}

static int look_at_lines(const Frame *frame, const Scan *scan, PyObject *list, Py_ssize_t *odd)
{
    Py_ssize_t skipped = 0;
    Line line = {0, 0};
    size_t from = 0;
    for (size_t at = 0; at < scan->ends->count; at++, line.start = line.end + 1) {
        line.end = scan->ends->all[at];
        int is_odd = !ends(frame, scan, line) || !begins(frame, scan, line);
        Hits mine = inside(scan->hits, line, &from, frame, &is_odd);
        *odd += is_odd;
        if (!is_odd && !mine.count) {
            skipped++;
            continue;
        }
        if (!append(list, shown(line, skipped, is_odd ? NULL : &mine)))
            return 0;
        skipped = 0;
    }
    return 1;
}

/* What is to be looked at, how many lines there are, and how many are odd; NULL with an exception
   set where there is no memory. */
PyObject *lines(const Frame *frame, const Scan *scan)
{
    if (scan->hits->failed || scan->ends->failed)
        return PyErr_NoMemory();
    Py_ssize_t odd = 0;
    PyObject *list = PyList_New(0);
    if (list && !look_at_lines(frame, scan, list, &odd))
        Py_CLEAR(list);
    return list ? Py_BuildValue("(Nnn)", list, (Py_ssize_t)scan->ends->count, odd) : NULL;
}
