/*
 * The first process of a program's container in an ECS task. It runs the image's entry point with the program's command.
 * It is one static file that needs no shell, so it works in every image and as every user.
 *
 *   wrapper CONTROL LOGS [ENTRYPOINT...]
 *
 * CONTROL is a folder that the container mounts read-only. The file `plan` appears in it when everything is ready. It
 * consists of fields that each end in a NUL:
 *
 *   1                        version of this format
 *   seconds                  time limit of the program
 *   processes                maximum number of processes of its user
 *   bytes                    maximum number of bytes kept of each output
 *   word...                  the command, which follows the entry point
 *
 * The program starts in the folder BENCHSTACK_FOLDER, if this variable is set, and otherwise where the container does.
 *
 * The file `stop` in CONTROL, or SIGTERM, ends the program at once, and also the wait for a plan. The program's outputs
 * are written to the files `stdout` and `stderr` in LOGS. A file `out-of-memory` in LOGS says that the kernel killed a
 * process because of the memory limit. The program can write to all of these files too, so do not trust their content.
 *
 * As the first process of its namespace it cannot be killed from inside, and when it ends, all other processes end too.
 * Its exit code is the program's, 128 + n after signal n, 126 and 127 as in a shell, and 125 after a failure of its own.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CANNOT_EXECUTE = 126, NOT_FOUND = 127, OWN_FAILURE = 125, KILLED = 128 + SIGKILL };
enum { POLL_MS = 100, MAX_WORDS = 65536, MAX_PLAN_BYTES = 4 << 20 };

extern char **environ;

static volatile sig_atomic_t told_to_stop;

/* Its only purpose is to interrupt the wait in `run`. */
static void on_child(int signal) { (void)signal; }

/* The task is being stopped, so the program gets no time to finish. */
static void on_stop(int signal) {
	(void)signal;
	told_to_stop = 1;
}

static int must_stop(const char *stop_path) { return told_to_stop || access(stop_path, F_OK) == 0; }

static _Noreturn void fail(const char *what) {
	dprintf(STDERR_FILENO, "benchstack: %s: %s\n", what, strerror(errno));
	exit(OWN_FAILURE);
}

static double now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* Variables of the task, which programs must not see. */
static int is_ours(const char *variable) {
	return strncmp(variable, "AWS_", 4) == 0 || strncmp(variable, "ECS_", 4) == 0 || strncmp(variable, "BENCHSTACK_", 11) == 0;
}

/* Executes this program again without them, so that they are not in /proc/1/environ either. */
static void start_clean(char **argv) {
	int kept = 0, all = 0;
	for (; environ[all]; all++)
		if (!is_ours(environ[all])) environ[kept++] = environ[all];
	environ[kept] = NULL;
	if (kept == all) return;
	execve("/proc/self/exe", argv, environ);
	fail("executing the wrapper again");
}

/* AWS Batch cannot set the folder of a container. */
static void enter_folder(void) {
	const char *folder = getenv("BENCHSTACK_FOLDER");
	if (folder && chdir(folder)) fail(folder);
}

struct plan {
	double seconds;
	rlim_t processes;
	long long bytes;
	char **words;
	int count;
};

/* Reads the plan; NULL while it does not exist. */
static char *read_plan(const char *path, size_t *length) {
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0) {
		if (errno == ENOENT) return NULL;
		fail("opening the plan");
	}
	char *text = malloc(MAX_PLAN_BYTES + 1);
	if (!text) fail("reading the plan");
	*length = 0;
	for (ssize_t got; (got = read(file, text + *length, MAX_PLAN_BYTES - *length)) != 0; *length += got)
		if (got < 0) fail("reading the plan");
	text[*length] = 0;
	close(file);
	return text;
}

static struct plan parse_plan(char *text, size_t length) {
	static char *fields[MAX_WORDS];
	int count = 0;
	if (length > 0 && text[length - 1] != 0) length = 0;
	for (char *at = text; at < text + length && count < MAX_WORDS - 1; at += strlen(at) + 1) fields[count++] = at;
	if (count < 5 || strcmp(fields[0], "1") != 0) {
		errno = EINVAL;
		fail("the plan");
	}
	return (struct plan){atof(fields[1]), strtoul(fields[2], NULL, 10), atoll(fields[3]), fields + 4, count - 4};
}

static _Noreturn void become_program(char **argv, const struct plan *plan, int out, int err) {
	/* Otherwise its files in /proc would belong to root. */
	prctl(PR_SET_DUMPABLE, 1);
	struct rlimit processes = {plan->processes, plan->processes}, none = {0, 0};
	setrlimit(RLIMIT_NPROC, &processes);
	setrlimit(RLIMIT_CORE, &none);
	/* When the memory of the task runs out, the kernel should kill the program first. */
	int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (score < 0 || write(score, "1000", 4) < 0) { /* then the kernel chooses a large process */ }
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) fail("giving up privileges");
	/* AWS Batch cannot drop capabilities. Who may not drop them here has none to give on. */
	for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; capability++)
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) && errno != EPERM) fail("giving up capabilities");
	int input = open("/dev/null", O_RDONLY);
	if (dup2(input, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) fail("connecting the program");
	execvpe(argv[0], argv, environ);
	int code = errno == ENOENT || errno == ENOTDIR ? NOT_FOUND : CANNOT_EXECUTE;
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], code == NOT_FOUND ? "command not found" : strerror(errno));
	_exit(code);
}

struct stream {
	int from, to;
	long long left;
};

/* Reads the available output of a stream and keeps what fits. Closes the stream at its end. */
static void drain(struct stream *stream) {
	static char buffer[65536];
	for (int rounds = 0; rounds < 16; rounds++) {
		ssize_t got = read(stream->from, buffer, sizeof buffer);
		if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
		if (got <= 0) {
			close(stream->from);
			stream->from = -1;
			return;
		}
		ssize_t kept = got < stream->left ? got : stream->left;
		stream->left -= kept;
		for (ssize_t at = 0, put; at < kept; at += put) {
			put = write(stream->to, buffer + at, kept - at);
			/* The disk is full: the rest is lost. The supervisor of the task watches the disk and reports it. */
			if (put <= 0) {
				stream->left = 0;
				break;
			}
		}
	}
}

static struct stream open_stream(const char *folder, const char *name, long long bytes, int *program_end) {
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	int file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	if (file < 0) fail(path);
	int ends[2];
	if (pipe2(ends, O_CLOEXEC)) fail("making a pipe");
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*program_end = ends[1];
	return (struct stream){ends[0], file, bytes};
}

static int run(char **entry, int entry_count, const struct plan *plan, const char *logs, const char *stop_path) {
	char **argv = calloc(entry_count + plan->count + 1, sizeof *argv);
	if (!argv) fail("the command");
	memcpy(argv, entry, entry_count * sizeof *argv);
	memcpy(argv + entry_count, plan->words, plan->count * sizeof *argv);

	int out, err;
	/* One byte more than the limit shows that output was truncated. */
	struct stream streams[] = {open_stream(logs, "stdout", plan->bytes + 1, &out), open_stream(logs, "stderr", plan->bytes + 1, &err)};
	double deadline = now() + plan->seconds;
	pid_t program = fork();
	if (program < 0) fail("starting the program");
	if (program == 0) become_program(argv, plan, out, err);
	close(out);
	close(err);

	int status;
	for (;;) {
		struct pollfd ready[] = {{streams[0].from, POLLIN, 0}, {streams[1].from, POLLIN, 0}};
		poll(ready, 2, POLL_MS);
		for (int i = 0; i < 2; i++)
			if (streams[i].from >= 0 && ready[i].revents) drain(&streams[i]);
		/* Orphaned processes become children of this one, which has to reap them. */
		for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;) {
			if (ended != program) continue;
			for (int i = 0; i < 2; i++)
				if (streams[i].from >= 0) drain(&streams[i]);
			return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		}
		/* Returning ends all processes in this namespace. */
		if (now() >= deadline || must_stop(stop_path)) return KILLED;
	}
}

/* Whether the kernel killed a process of this container's control group (version 2 or 1) because of the memory limit. */
static int out_of_memory(void) {
	static const char *files[] = {"/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"};
	for (int i = 0; i < 2; i++) {
		FILE *file = fopen(files[i], "re");
		char line[256];
		long count = 0;
		while (file && fgets(line, sizeof line, file))
			if (sscanf(line, "oom_kill %ld", &count) == 1) break;
		if (file) fclose(file);
		if (count > 0) return 1;
	}
	return 0;
}

static void note_out_of_memory(const char *logs) {
	char path[4096];
	snprintf(path, sizeof path, "%s/out-of-memory", logs);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
}


int main(int argc, char **argv) {
	if (argc < 3) {
		errno = EINVAL;
		fail("usage: wrapper CONTROL LOGS [ENTRYPOINT...]");
	}
	enter_folder();
	start_clean(argv);
	/* No process may trace this one or read its memory, not even one of the same user. */
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGCHLD, on_child);
	signal(SIGTERM, on_stop);
	char plan_path[4096], stop_path[4096];
	snprintf(plan_path, sizeof plan_path, "%s/plan", argv[1]);
	snprintf(stop_path, sizeof stop_path, "%s/stop", argv[1]);
	size_t length;
	char *text;
	while (!(text = read_plan(plan_path, &length))) {
		if (must_stop(stop_path)) return 0;
		poll(NULL, 0, POLL_MS);
	}
	struct plan plan = parse_plan(text, length);
	int code = run(argv + 3, argc - 3, &plan, argv[2], stop_path);
	if (out_of_memory()) note_out_of_memory(argv[2]);
	return code;
}
