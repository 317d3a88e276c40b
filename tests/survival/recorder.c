/* Preloaded into a process, it records in order every change that the process makes to the files
 * whose path begins with RECORDER_FILES, and every fsync of them and of their folder, as a disk
 * would see it. The records go to the file RECORDER_LOG; disk.py says how they look.
 *
 * Not recorded: "-shm" (memory) and ".lock" (never written).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_FILES 1024
#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

struct __attribute__((packed)) head {
    char kind; /* create, write, truncate, sync, unlink */
    uint8_t name_size;
    uint64_t offset;
    uint32_t size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *names[MOST_FILES];
static const char *files;
static char folder[PATH_MAX];
static int out = -1;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("RECORDER_LOG");
    files = getenv("RECORDER_FILES");
    if (!path || !files)
        abort();
    strncpy(folder, files, sizeof folder - 1);
    *strrchr(folder, '/') = '\0';
    out = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (out < 0)
        abort();
}

/* What follows RECORDER_FILES in the path, "." for the folder, NULL for what is not recorded. */
static const char *name_of(const char *path)
{
    if (!files)
        return NULL;
    if (!strcmp(path, folder))
        return ".";
    if (strncmp(path, files, strlen(files)))
        return NULL;
    path += strlen(files);
    return strcmp(path, "-shm") && strcmp(path, ".lock") ? path : NULL;
}

static const char *open_name(int fd)
{
    return fd >= 0 && fd < MOST_FILES ? names[fd] : NULL;
}

static void note(char kind, const char *name, uint64_t offset, const void *data, size_t size)
{
    struct head head = {kind, strlen(name), offset, size};
    struct iovec parts[] = {
        {&head, sizeof head}, {(void *)name, strlen(name)}, {(void *)data, data ? size : 0}};
    ssize_t wanted = parts[0].iov_len + parts[1].iov_len + parts[2].iov_len;
    if (REAL(writev)(out, parts, 3) != wanted)
        abort();
}

static int opened(const char *path, int flags, int mode)
{
    const char *name = name_of(path);
    if (!name)
        return REAL(open64)(path, flags, mode);
    pthread_mutex_lock(&lock);
    int is_new = access(path, F_OK) != 0;
    int fd = REAL(open64)(path, flags, mode);
    if (fd >= MOST_FILES)
        abort();
    if (fd >= 0) {
        names[fd] = strdup(name);
        if (is_new)
            note('c', name, 0, NULL, 0);
        else if (flags & O_TRUNC)
            note('t', name, 0, NULL, 0);
    }
    pthread_mutex_unlock(&lock);
    return fd;
}

static int mode_of(int flags, va_list more)
{
    return flags & O_CREAT ? va_arg(more, int) : 0;
}

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        int mode = mode_of(flags, more);                                                           \
        va_end(more);                                                                              \
        return opened(path, flags, mode);                                                          \
    }
OPEN(open)
OPEN(open64)

int close(int fd)
{
    pthread_mutex_lock(&lock);
    if (open_name(fd)) {
        free(names[fd]);
        names[fd] = NULL;
    }
    pthread_mutex_unlock(&lock);
    return REAL(close)(fd);
}

/* Run a call on a recorded file and note it, so that no other comes between. */
#define RECORDED(fd, call, kind, offset, data, size)                                               \
    if (!open_name(fd))                                                                            \
        return call;                                                                               \
    pthread_mutex_lock(&lock);                                                                     \
    uint64_t place = (offset);                                                                     \
    __auto_type done = call;                                                                       \
    if (done >= 0)                                                                                 \
        note(kind, open_name(fd), place, data, size);                                              \
    pthread_mutex_unlock(&lock);                                                                   \
    return done;

ssize_t write(int fd, const void *data, size_t size)
{
    RECORDED(fd, REAL(write)(fd, data, size), 'w', lseek(fd, 0, SEEK_CUR), data, done)
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    RECORDED(fd, REAL(pwrite)(fd, data, size, offset), 'w', offset, data, done)
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    RECORDED(fd, REAL(pwrite64)(fd, data, size, offset), 'w', offset, data, done)
}

/* One by one, each of them recorded; fewer bytes than asked for are a legal answer. */
ssize_t writev(int fd, const struct iovec *parts, int count)
{
    if (!open_name(fd))
        return REAL(writev)(fd, parts, count);
    return count ? write(fd, parts[0].iov_base, parts[0].iov_len) : 0;
}

int ftruncate(int fd, off_t size)
{
    RECORDED(fd, REAL(ftruncate)(fd, size), 't', size, NULL, 0)
}

int ftruncate64(int fd, off64_t size)
{
    RECORDED(fd, REAL(ftruncate64)(fd, size), 't', size, NULL, 0)
}

int fsync(int fd)
{
    RECORDED(fd, REAL(fsync)(fd), 's', 0, NULL, 0)
}

int fdatasync(int fd)
{
    RECORDED(fd, REAL(fdatasync)(fd), 's', 0, NULL, 0)
}

int unlink(const char *path)
{
    const char *name = name_of(path);
    if (!name)
        return REAL(unlink)(path);
    pthread_mutex_lock(&lock);
    int done = REAL(unlink)(path);
    if (done == 0)
        note('u', name, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    return done;
}

/* Nobody is known to do this to the files of a database: better an end than a gap. */
int rename(const char *from, const char *to)
{
    if (name_of(from) || name_of(to))
        abort();
    return REAL(rename)(from, to);
}
