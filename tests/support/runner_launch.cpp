// SPDX-License-Identifier: Apache-2.0
#include "runner_launch.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <sstream>

#include "catch.h"

namespace execlet::test {
namespace {

using namespace execlet::runner;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(60);
constexpr int kNobody = 65534;
constexpr int kLeftProcesses = 77, kLeftFiles = 78;  // exit codes of an init

// In a child nothing else can be told to the test.
void must(bool done, int exit_code) {
  if (!done) _exit(exit_code);
}

void write_file(const char *path, const std::string &text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  must(fd >= 0 && ::write(fd, text.data(), text.size()) >= 0, 120);
  close(fd);
}

// In the child: what an unprivileged client does after clone(CLONE_NEWUSER), see protocol.h.
void map_identity_and_keep_capabilities() {
  const std::string map = std::to_string(kNobody) + " " + std::to_string(kNobody) + " 1";
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", map);
  write_file("/proc/self/gid_map", map);
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  must(syscall(SYS_capget, &header, data) == 0, 121);
  data[0].inheritable = data[0].permitted;
  data[1].inheritable = data[1].permitted;
  must(syscall(SYS_capset, &header, data) == 0, 122);
  for (const int capability : {CAP_SYS_ADMIN, CAP_SETPCAP})
    must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0, 123);
}

int runner_program() {
  return open(EXECLET_RUNNER_PATH, O_RDONLY | O_CLOEXEC);
}

[[noreturn]] void exec_runner(int program, int socket, int host = -1) {
  must(dup2(socket, 0) == 0, 124);
  if (host >= 0) fcntl(host, F_SETFD, 0);
  const std::string host_argument = "--host-pidfd=" + std::to_string(host);
  const char *arguments[] = {"execlet-runner", host >= 0 ? host_argument.c_str() : nullptr, nullptr};
  fexecve(program, const_cast<char *const *>(arguments), environ);
  _exit(125);
}

// In the child.
void be_on_an_old_kernel() {
  must(open("/dev/null", O_RDONLY) > 2, 112);
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {sizeof code / sizeof code[0], code};
  must(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0, 113);
}

int clone_process(unsigned long flags) {
  return static_cast<int>(syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

// Mount points of file systems of that type, the last mounted first.
std::vector<std::string> mounts_of(const std::string &type) {
  std::vector<std::string> points;
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string source, point, of_type;
    if (fields >> source >> point >> of_type && of_type == type) points.insert(points.begin(), point);
  }
  return points;
}

// Also where the tests themselves are in a chroot and "/" is no mount point.
void make_mounts_private() {
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0) return;
  must(mount(nullptr, "/proc", nullptr, MS_PRIVATE, nullptr) == 0 &&
           mount("/", "/proc", nullptr, MS_BIND | MS_REC, nullptr) == 0 &&
           mount(nullptr, "/proc", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 && chroot("/proc") == 0 &&
           chdir("/") == 0,
       126);
}

void hide_groups(GroupsInSight wanted) {
  if (wanted == GroupsInSight::kAll) return;
  for (const char *type : {"cgroup2", "cgroup"}) {
    if (wanted == GroupsInSight::kFreezer && type == std::string("cgroup")) continue;
    for (const std::string &point : mounts_of(type)) must(umount2(point.c_str(), MNT_DETACH) == 0, 110);
  }
  // A system of version 2 alone still has the freezer of version 1, mounted nowhere.
  if (wanted == GroupsInSight::kFreezer && mounts_of("cgroup").empty())
    must(mount("cgroup", "/sys/fs/cgroup", "cgroup", 0, "freezer") == 0, 111);
}

int exit_code_of(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 118;
}

// In the child: PID 1 of a namespace that holds the runner as an ordinary process. What the runner leaves alive dies
// with this process.
[[noreturn]] void be_init(const RunnerOptions &options, int socket) {
  make_mounts_private();
  must(mount("proc", "/proc", "proc", 0, nullptr) == 0, 127);
  hide_groups(options.groups);
  const pid_t runner = fork();
  if (runner == 0) exec_runner(runner_program(), socket, options.host_pidfd);
  close(socket);
  for (;;) {
    const pid_t pid = waitpid(-1, nullptr, 0);
    if (pid == runner) break;
    if (pid < 0 && errno != EINTR) break;
  }
  _exit(kill(-1, 0) == 0 ? kLeftProcesses : 0);
}

// A system whose root is a directory of a tmpfs, the rest of it this system's directories.
void make_chroot(const std::string &root) {
  make_mounts_private();
  must(mount("tmpfs", "/mnt", "tmpfs", 0, "mode=0755") == 0 && mkdir(root.c_str(), 0755) == 0, 101);
  must(mount(nullptr, "/mnt", nullptr, MS_SHARED, nullptr) == 0, 102);
  DIR *directory = opendir("/");
  must(directory != nullptr, 103);
  while (const dirent *entry = readdir(directory)) {
    const std::string name = entry->d_name, place = root + '/' + name;
    char target[256] = {};
    if (entry->d_type == DT_LNK && readlink(("/" + name).c_str(), target, sizeof target - 1) > 0)
      must(symlink(target, place.c_str()) == 0, 104);
    if (entry->d_type != DT_DIR || name == "." || name == ".." || name == "mnt") continue;
    must(mkdir(place.c_str(), 0755) == 0, 105);
    if (name != "tmp") must(mount(("/" + name).c_str(), place.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0, 106);
  }
  closedir(directory);
  must(chmod((root + "/tmp").c_str(), 01777) == 0, 107);
}

// In the child: makes the chroot, whose mount it shares with the runner, and looks after it.
[[noreturn]] void be_outside_of_chroot(const RunnerOptions &options, int socket, const std::string &private_dir) {
  const std::string root = "/mnt/root";
  make_chroot(root);
  must(mkdir((root + private_dir).c_str(), 0700) == 0, 108);
  const int program = runner_program();
  const int pid = clone_process(CLONE_NEWPID | CLONE_NEWNS);
  if (pid == 0) {
    must(chroot(root.c_str()) == 0 && chdir("/") == 0, 109);
    exec_runner(program, socket, options.host_pidfd);
  }
  close(socket);
  const int code = exit_code_of(pid);
  _exit(code == 0 && access((root + private_dir).c_str(), F_OK) == 0 ? kLeftFiles : code);
}

// In the child: a process of that user makes the namespaces, as a client would; it ends with the runner.
[[noreturn]] void be_unprivileged_client(int socket) {
  const int program = runner_program();  // it may lie in a directory that only root may enter
  must(setresgid(kNobody, kNobody, kNobody) == 0 && setresuid(kNobody, kNobody, kNobody) == 0, 119);
  prctl(PR_SET_DUMPABLE, 1);
  const int pid = clone_process(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS);
  if (pid == 0) {
    map_identity_and_keep_capabilities();
    exec_runner(program, socket);
  }
  close(socket);
  _exit(exit_code_of(pid));
}

// The first child of `parent`, which is about to start it.
pid_t first_child(pid_t parent) {
  const auto deadline = Clock::now() + kPatience;
  while (Clock::now() < deadline) {
    const std::vector<pid_t> children = children_of(parent);
    if (!children.empty()) return children.front();
    poll(nullptr, 0, 1);
  }
  FAIL("the runner did not start");
  return -1;
}

}  // namespace

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  std::ifstream file("/proc/" + std::to_string(pid) + "/task/" + std::to_string(pid) + "/children");
  for (pid_t child; file >> child;) children.push_back(child);
  return children;
}

LaunchedRunner launch_runner(const RunnerOptions &options, const std::string &private_dir) {
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  LaunchedRunner launched;
  launched.socket = ends[0];
  launched.child = options.unprivileged ? fork() : clone_process(CLONE_NEWPID | CLONE_NEWNS);
  if (launched.child == 0) {
    close(ends[0]);
    if (options.old_kernel) be_on_an_old_kernel();
    if (options.private_memory != 0) {
      const rlimit limit = {options.private_memory, options.private_memory};
      must(setrlimit(RLIMIT_DATA, &limit) == 0, 113);
    }
    if (options.unprivileged) be_unprivileged_client(ends[1]);
    if (options.chroot) be_outside_of_chroot(options, ends[1], private_dir);
    if (is_own_init(options)) exec_runner(runner_program(), ends[1], options.host_pidfd);
    be_init(options, ends[1]);
  }
  close(ends[1]);
  REQUIRE(launched.child > 0);
  const bool is_runner = is_own_init(options) && !options.unprivileged && !options.chroot;
  launched.runner = is_runner ? launched.child : first_child(launched.child);
  return launched;
}

}  // namespace execlet::test
