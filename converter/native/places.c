/* By which bytes each needle is looked for, and which needles share a bucket: those that make the
   fewest places likely in a sample. */

#include "needles.h"

typedef struct {
    double bytes[256];
    uint32_t pairs[1 << 16];
} Counts;

static uint32_t pair(const byte *text) { return (uint32_t)lower(text[0]) << 8 | lower(text[1]); }

static void count(Counts *counts, const byte *sample, Py_ssize_t size)
{
    for (int c = 0; c < 256; c++)
        counts->bytes[c] = 1;
    for (Py_ssize_t at = 0; at + 1 < size; at++) {
        counts->bytes[lower(sample[at])]++;
        counts->pairs[pair(sample + at)]++;
    }
}

/* The rarest part of the text. */
static void place(Needle *needle, const Counts *counts)
{
    uint32_t least = UINT32_MAX;
    for (Py_ssize_t at = 0; at == 0 || at + WINDOW <= needle->size; at++) {
        uint32_t often = counts->pairs[pair(needle->text + at)];
        if (needle->size >= WINDOW)
            often = Py_MIN(often, counts->pairs[pair(needle->text + at + 1)]);
        if (often < least) {
            least = often;
            needle->at = at;
        }
    }
}

static int fits(const Needle *needle, int nth, byte c)
{
    if (needle->at + nth >= needle->size)
        return 1;
    byte wanted = needle->text[needle->at + nth];
    return c == wanted || (needle->fold && lower(c) == wanted);
}

static void mark(Masks *masks, const Needle *needle, byte bucket)
{
    for (int nth = 0; nth < WINDOW; nth++)
        for (int c = 0; c < 256; c++)
            if (fits(needle, nth, (byte)c)) {
                masks->low[nth][c & 15] |= bucket;
                masks->high[nth][c >> 4] |= bucket;
            }
}

/* How many places a bucket makes likely, but for a factor. */
static double share(const Masks *masks, byte bucket, const Counts *counts)
{
    double all = 1;
    for (int nth = 0; nth < WINDOW; nth++) {
        double one = 0;
        for (int c = 0; c < 256; c++)
            if (masks->low[nth][c & 15] & masks->high[nth][c >> 4] & bucket)
                one += counts->bytes[lower((byte)c)];
        all *= one;
    }
    return all;
}

static int best_bucket(const Masks *masks, const Needle *needle, const Counts *counts)
{
    int best = 0;
    double least = 0;
    for (int bucket = 0; bucket < BUCKETS; bucket++) {
        Masks with = *masks;
        mark(&with, needle, (byte)(1 << bucket));
        double more = share(&with, (byte)(1 << bucket), counts);
        more -= share(masks, (byte)(1 << bucket), counts);
        if (!bucket || more < least) {
            least = more;
            best = bucket;
        }
    }
    return best;
}

static int by_bucket(const void *one, const void *other)
{
    return ((const Needle *)one)->bucket - ((const Needle *)other)->bucket;
}

/* Puts all needles in buckets. 0 with an exception set where there is no memory. */
int arrange(Haystack *all, const byte *sample, Py_ssize_t size)
{
    Counts *counts = PyMem_Calloc(1, sizeof(Counts));
    if (!counts) {
        PyErr_NoMemory();
        return 0;
    }
    count(counts, sample, size);
    for (Needle *one = all->needles; one < all->needles + all->count; one++) {
        place(one, counts);
        one->bucket = best_bucket(&all->masks, one, counts);
        mark(&all->masks, one, (byte)(1 << one->bucket));
    }
    PyMem_Free(counts);
    qsort(all->needles, (size_t)all->count, sizeof(Needle), by_bucket);
    for (int bucket = 0; bucket <= BUCKETS; bucket++)
        for (Py_ssize_t at = 0; at < all->count; at++)
            all->first[bucket] += all->needles[at].bucket < bucket;
    return 1;
}
