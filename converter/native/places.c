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

/* How often a part of the text is in the sample, at most. */
static uint32_t often(const Needle *needle, Py_ssize_t at, const Counts *counts)
{
    uint32_t least = UINT32_MAX;
    Py_ssize_t last = Py_MIN(at + WINDOW, needle->size) - 1;
    for (; at < last; at++)
        least = Py_MIN(least, counts->pairs[pair(needle->text + at)]);
    return least;
}

static byte upper(byte c) { return c >= 'a' && c <= 'z' ? c - 32 : c; }

static void mark_byte(Masks *masks, int nth, byte c, byte bucket)
{
    masks->low[nth][c & 15] |= bucket;
    masks->high[nth][c >> 4] |= bucket;
}

/* Bytes behind the text may be any. */
static void mark(Masks *masks, const Needle *needle, byte bucket)
{
    for (int nth = 0; nth < WINDOW; nth++) {
        int any = needle->at + nth >= needle->size;
        byte wanted = any ? 0 : needle->text[needle->at + nth];
        for (int half = 0; any && half < LANE; half++)
            mark_byte(masks, nth, (byte)(half << 4 | half), bucket);
        mark_byte(masks, nth, wanted, bucket);
        mark_byte(masks, nth, needle->fold ? upper(wanted) : wanted, bucket);
    }
}

/* How many bytes of the sample fit one place of a bucket. */
static double fitting(const byte *low, const byte *high, byte bucket, const Counts *counts)
{
    double all = 0;
    for (int half = 0; half < LANE; half++)
        for (int rest = 0; high[half] & bucket && rest < LANE; rest++)
            if (low[rest] & bucket)
                all += counts->bytes[lower((byte)(half << 4 | rest))];
    return all;
}

/* How many places a bucket makes likely, but for a factor. */
static double share(const Masks *masks, byte bucket, const Counts *counts)
{
    double all = 1;
    for (int nth = 0; nth < WINDOW; nth++)
        all *= fitting(masks->low[nth], masks->high[nth], bucket, counts);
    return all;
}

/* How many more places are likely if the needle is looked for in this way. */
static double cost(const Masks *masks, const Needle *needle, byte bucket, const Counts *counts)
{
    Masks with = *masks;
    mark(&with, needle, bucket);
    return share(&with, bucket, counts) - share(masks, bucket, counts);
}

/* The best part of the text and the best bucket, of the rarest parts. */
static void place(Needle *needle, const Masks *masks, const Counts *counts)
{
    Needle best = *needle, tried = *needle;
    uint32_t least = UINT32_MAX;
    for (Py_ssize_t at = 0; at == 0 || at + WINDOW <= needle->size; at++)
        least = Py_MIN(least, often(needle, at, counts));
    double lowest = -1;
    for (; tried.at == 0 || tried.at + WINDOW <= needle->size; tried.at++) {
        if (often(needle, tried.at, counts) > least)
            continue;
        for (tried.bucket = 0; tried.bucket < BUCKETS; tried.bucket++) {
            double now = cost(masks, &tried, (byte)(1 << tried.bucket), counts);
            if (lowest < 0 || now < lowest) {
                lowest = now;
                best = tried;
            }
        }
    }
    *needle = best;
}

/* The buckets with needles that may stand there, where case is not known. */
static unsigned buckets_at(const Masks *masks, const byte *there)
{
    unsigned all = 0xff;
    for (int nth = 0; nth < WINDOW; nth++) {
        byte c = lower(there[nth]), other = upper(c);
        all &= (masks->low[nth][c & 15] & masks->high[nth][c >> 4])
            | (masks->low[nth][other & 15] & masks->high[nth][other >> 4]);
    }
    return all;
}

/* At how many places of the sample needles would be compared, each counted, for each byte. */
static double likely(const Haystack *all, const byte *sample, Py_ssize_t size)
{
    Py_ssize_t count = 0;
    for (Py_ssize_t at = 0; at + WINDOW <= size; at++)
        for (unsigned some = buckets_at(&all->masks, sample + at); some; some &= some - 1) {
            const Py_ssize_t *first = all->first + __builtin_ctz(some);
            count += first[1] - first[0];
        }
    return size ? (double)count / (double)size : 0;
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
        place(one, &all->masks, counts);
        mark(&all->masks, one, (byte)(1 << one->bucket));
    }
    PyMem_Free(counts);
    qsort(all->needles, (size_t)all->count, sizeof(Needle), by_bucket);
    for (int bucket = 0; bucket <= BUCKETS; bucket++)
        for (Py_ssize_t at = 0; at < all->count; at++)
            all->first[bucket] += all->needles[at].bucket < bucket;
    all->likely = likely(all, sample, size);
    return 1;
}
