// SPDX-License-Identifier: Apache-2.0
//
// The protocol between a backend (the client) and `execlet-runner`, which starts, limits, watches and kills programs.
//
// One reliable byte stream, frames in both directions: {u8 type, u8 flags, u16 stream, u32 length} and `length` bytes,
// little-endian, at most kMaxPayload. Payloads of kInput, kOutput and kCredit are raw; all others are fields {u16 tag,
// u16 0, u32 length, bytes}; a reader skips tags that it does not know. A message that needs more room goes on in a
// further frame of the same type and stream: kMore is set on all but the last, fields never straddle frames, fields
// of one long value repeat (kSnippetData, kData).
//
// Conversation:  client SETUP → HELLO | FAILED.   Then, as often as wanted, one execution at a time:
//   client PUT* START → FAILED (nothing was started), or STARTED, (OUTPUT | SKIPPED)*, FILE* and, last, EXITED.
//   During a run: INPUT, CREDIT, SIGNAL, PUT, GET.   Between runs: PUT, GET, RESET → DONE | FAILED.
// The end of the stream ends everything: all processes die, what the runner made is removed, the runner exits.
//
// Credit: a sender of kOutput (streams 2 and 3), kFile and kInput (stream 1) may have kInitialCredit bytes of payload
// under way per stream; the receiver gives back what it consumed with kCredit. The windows are full again at each
// START (streams 1-4) and at each GET (its stream). All other frames need no credit, so that both sides can always
// read them.
//
// A client that only counts what comes after the first so many bytes of a stream says so by kOutputWanted: the runner
// then takes the rest from the program without sending it, and tells how much it was, now and then and at the end.
//
// Starting a runner: execve("execlet-runner-<arch>", [--host-pidfd=N]) with descriptor 0 = one end of a
// socketpair(AF_UNIX, SOCK_STREAM), 1 and 2 = /dev/null or a log, every other descriptor but N close-on-exec. With
// kNamespace in SETUP the client made it PID 1 by clone(CLONE_NEWPID | CLONE_NEWNS): it may then mount, and kill(-1).
// An unprivileged client adds CLONE_NEWUSER, in the child before exec writes setgroups "deny", uid_map and gid_map
// "id id 1" (identity), and raises CAP_SYS_ADMIN and CAP_SETPCAP as inheritable and ambient; programs never get them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace execlet::runner {

inline constexpr std::uint64_t kProtocolVersion = 1;
inline constexpr std::size_t kHeaderSize = 8;
inline constexpr std::size_t kFieldHeaderSize = 8;
inline constexpr std::size_t kMaxPayload = 256 * 1024;
inline constexpr std::size_t kMaxField = kMaxPayload - kFieldHeaderSize;
inline constexpr std::uint64_t kInitialCredit = 1024 * 1024;
// A runner that cannot end a tree in that time (nanoseconds) ends the run with the notice "tree.survivors", and itself
// when they are gone.
inline constexpr std::uint64_t kKillPatience = 1'500'000'000;

enum class FrameType : std::uint8_t {
  // client → runner
  kSetup = 1,
  kStart = 2,
  kInput = 3,    // raw bytes for standard input on stream 1; kEnd closes it
  kCredit = 4,   // both directions: raw u64, bytes consumed of the header's stream
  kSignal = 5,   // kSignalKind
  kPut = 6,      // kPath, kMode, kData…: writes a file below the working directory, making parents
  kGet = 7,      // kPath, kMaxBytes: answered by kFile frames on the header's stream, then DONE
  kReset = 8,    // kills everything, empties the private directory
  kConnect = 9,  // reserved: a stream to a socket inside the instance
  // runner → client
  kHello = 65,
  kStarted = 66,
  kOutput = 67,  // raw bytes on stream 2 or 3
  kFile = 68,    // first: kPath, kSize; then kData…; kMore on all but the last of a file
  kExited = 69,
  kFailed = 70,   // kCode, kReason, kMessage; stream 0: SETUP or START failed, else the request of that stream
  kDone = 71,     // the PUT, GET or RESET of the header's stream is complete
  kSkipped = 72,  // kOutputBytes: further bytes of stream 2 or 3 that were taken from the program and are not sent
};

// Header flags.
inline constexpr std::uint8_t kMore = 1;  // the message goes on in the next frame of this type and stream
inline constexpr std::uint8_t kEnd = 2;   // kInput: end of input, after the payload

// Stream ids. PUT, GET and RESET carry an id of the client's choice >= kFirstRequestStream, which the answer repeats.
// A PUT on stream 0 is not answered: its failure is that of the next START. After a RESET that failed every START fails
// with the same, so that a client may send START behind RESET without waiting.
inline constexpr std::uint16_t kControlStream = 0;
inline constexpr std::uint16_t kStdinStream = 1;
inline constexpr std::uint16_t kStdoutStream = 2;
inline constexpr std::uint16_t kStderrStream = 3;
inline constexpr std::uint16_t kArtifactStream = 4;
inline constexpr std::uint16_t kFirstRequestStream = 16;

// Field tags. "number" = u64 little-endian; "text" = bytes without a terminator, no NUL unless said.
enum class Tag : std::uint16_t {
  // SETUP and HELLO
  kVersion = 1,      // number
  kContainment = 2,  // number, Containment: what is wished (SETUP), what is in force (HELLO)
  kNamespace = 3,    // number: 1 = the client made a PID and mount namespace for this runner
  kPrivateDir = 4,   // text: a path where there is nothing, or an empty directory of the same user; made by the runner
                     // if need be, and removed at the end, so that it has an owner at any moment
  kWorkDir = 5,    // text: SETUP: an existing directory to work in instead of a private one; HELLO: where programs run
  kTempDir = 6,    // text: HELLO: the value for TMPDIR
  kDiskBytes = 7,  // number: SETUP: size of the private directory, enforced where it is a tmpfs
  kHostPid = 8,    // number: SETUP: for the names of cgroups
  kAbility = 10,   // limit record: HELLO: a kind of limit that can be enforced here, and how; value 0

  kGroup = 12,  // text: HELLO, repeated: a control group that this runner may make, as seen by the runner

  kUserNamespace = 11,  // number: SETUP: 1 = the client made a user namespace too; programs lose its capabilities

  // START
  kArgument = 20,              // text: one element of argv, in order
  kSnippetArgument = 21,       // empty: the element of argv that is the path of the staged snippet
  kSnippetDirArgument = 22,    // empty: the element of argv that is the snippet's own directory (or where it lies)
  kEnvironment = 23,           // text "NAME=VALUE": the whole environment; its PATH finds argv[0]
  kSnippetName = 24,           // text: file name such as "main.py"; without it nothing is staged
  kSnippetData = 25,           // bytes, repeated
  kSnippetOwnDir = 26,         // number: 1 = staged under exactly this name in a hidden directory of its own
  kLimit = 27,                 // limit record: START: a limit asked for; STARTED: in force (empty `how`: it is not)
  kTimeoutNs = 28,             // number: wall time of the program; 0 = none
  kKillGraceNs = 29,           // number: between TERM and KILL
  kFlags = 30,                 // number, kStartBestEffort | kStartHasInput
  kCollect = 31,               // text: a glob, relative to the working directory
  kCollectMaxFileBytes = 32,   // number: larger files are left out, with a notice; 0 = any size
  kCollectMaxTotalBytes = 33,  // number: of all files together; 0 = any
  kCollectMaxFiles = 34,       // number
  kOutputWanted = 35,          // number: bytes of each output stream to be sent, the rest is counted; 0 = all
  kDeadlineNs = 36,            // number: of the request as a whole, from the start of the program; 0 = none
  kProgramArgument = 37,       // text: an element of argv that is a program: found and examined as argv[0] is

  // SIGNAL
  kSignalKind = 40,  // number, SignalKind

  // PUT, GET, FILE
  kPath = 50,      // text, relative to the working directory
  kMode = 51,      // number: permission bits; 0 = 0644
  kData = 52,      // bytes, repeated
  kSize = 53,      // number: bytes that follow in all
  kMaxBytes = 54,  // number

  // STARTED, EXITED
  kStartedNs = 60,    // number: CLOCK_MONOTONIC
  kHow = 61,          // number, Ending
  kExitCode = 62,     // number: with Ending::kExited, or where the program exited by itself all the same
  kTermSignal = 63,   // number: where a signal ended it
  kLimitsHit = 64,    // number: bit set of 1 << kind
  kWallNs = 65,       // number
  kCpuUserNs = 66,    // number
  kCpuSystemNs = 67,  // number
  kPeakMemory = 68,   // number: bytes
  kNotice = 69,       // text: a dotted code, NUL, a remark for people; repeated
  kOutputBytes = 70,  // number: SKIPPED: new ones

  // FAILED
  kCode = 80,     // number: the value of an execlet_abi_status
  kReason = 81,   // text: stable dotted word: "program.missing"
  kMessage = 82,  // text: one line for people
};

enum class Containment : std::uint64_t { kAuto = 0, kNamespace = 1, kCgroup = 2, kSubreaper = 3 };
enum class SignalKind : std::uint64_t {
  kInterrupt = 1,  // SIGINT to the program's process group
  kTerminate = 2,  // SIGTERM, and SIGKILL after the grace: ends as Ending::kCancelled
  kKill = 3,       // SIGKILL at once: ends as Ending::kCancelled
};
enum class Ending : std::uint64_t { kExited = 1, kSignaled = 2, kTimedOut = 3, kLimit = 4, kCancelled = 5 };

inline constexpr std::uint64_t kStartBestEffort = 1;  // a limit that cannot be enforced does not stop the start
inline constexpr std::uint64_t kStartHasInput = 2;    // standard input comes by kInput; else it is /dev/null

// A limit record: {u32 kind (EXECLET_ABI_LIMIT_*), u32 0, u64 value} and the text `how` in the rest of the field.
inline constexpr std::size_t kLimitRecordSize = 16;
struct LimitRecord {
  std::uint32_t kind = 0;
  std::uint64_t value = 0;
  std::string_view how;
};

// The name of an EXECLET_ABI_LIMIT_*, as users spell it; "unknown" for none of them.
std::string_view limit_name(std::uint32_t kind);

namespace wire {
template <class T>
inline void store(char *to, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) to[i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
}
template <class T>
inline T load(const char *from) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i)
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(from[i])) << (8 * i);
  return static_cast<T>(value);
}
}  // namespace wire

struct Header {
  FrameType type{};
  std::uint8_t flags = 0;
  std::uint16_t stream = 0;
  std::uint32_t length = 0;
};

inline void store_header(char *to, const Header &header) {
  to[0] = static_cast<char>(header.type);
  to[1] = static_cast<char>(header.flags);
  wire::store<std::uint16_t>(to + 2, header.stream);
  wire::store<std::uint32_t>(to + 4, header.length);
}
inline Header load_header(const char *from) {
  return {static_cast<FrameType>(from[0]), static_cast<std::uint8_t>(from[1]), wire::load<std::uint16_t>(from + 2),
          wire::load<std::uint32_t>(from + 4)};
}

// Appends one message of fields to `out`, in as many frames as it takes. finish() must be called; until then `out`
// holds an incomplete frame.
class MessageWriter {
 public:
  MessageWriter(std::string &out, FrameType type, std::uint16_t stream = kControlStream);
  MessageWriter(const MessageWriter &) = delete;
  MessageWriter &operator=(const MessageWriter &) = delete;

  void number(Tag tag, std::uint64_t value);
  // A value that must stay whole. One longer than kMaxField is not written and makes finish() return false.
  void text(Tag tag, std::string_view value);
  // A value that may be cut into repeated fields. Nothing is written for an empty one.
  void data(Tag tag, std::string_view value);
  void limit(Tag tag, const LimitRecord &record);
  [[nodiscard]] bool finish();

 private:
  void field(Tag tag, std::size_t size);
  void open_frame();
  void close_frame(std::uint8_t flags);

  std::string &out_;
  std::size_t frame_start_ = 0;
  FrameType type_;
  std::uint16_t stream_;
  bool too_long_ = false;
};

// Appends one raw frame (kInput, kOutput) of at most kMaxPayload bytes.
void append_raw_frame(std::string &out, FrameType type, std::uint16_t stream, std::string_view payload,
                      std::uint8_t flags = 0);
void append_credit(std::string &out, std::uint16_t stream, std::uint64_t bytes);
// The bytes that a kCredit frame gives back; 0 if its payload is malformed.
std::uint64_t parse_credit(std::string_view payload);

struct Field {
  Tag tag{};
  std::string_view value;

  // The value as a number; 0 if it is not 8 bytes long.
  std::uint64_t number() const;
  // The value as a limit record; kind is UINT32_MAX if it is too short.
  LimitRecord limit() const;
};

// Walks over the fields of one payload. Views point into the payload.
class FieldReader {
 public:
  explicit FieldReader(std::string_view payload) : rest_(payload) {}
  // False at the end and at a field that does not fit; ok() tells the two apart.
  bool next(Field &field);
  bool ok() const { return !malformed_; }

 private:
  std::string_view rest_;
  bool malformed_ = false;
};

struct Frame {
  Header header;
  std::string_view payload;  // valid until the next call on the reader that gave it
};

// Cuts a byte stream into frames, in one buffer that never grows: read at most space().second bytes to space().first,
// commit() them, then take frames until next() says kNeedMore. After kMalformed the stream is unusable.
class FrameReader {
 public:
  enum class State { kFrame, kNeedMore, kMalformed };
  struct Space {
    char *data;
    std::size_t size;  // never 0 after next() returned kNeedMore
  };

  FrameReader();
  Space space();
  void commit(std::size_t size) { end_ += size; }
  State next(Frame &frame);

 private:
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace execlet::runner
