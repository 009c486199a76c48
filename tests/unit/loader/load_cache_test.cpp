// SPDX-License-Identifier: Apache-2.0
#include "loader/load_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "catch.h"
#include "loader/file_digest.h"
#include "scoped_env.h"
#include "temp_dir.h"

namespace fs = std::filesystem;
using namespace execlet::core;
using execlet::test::ScopedEnv;
using execlet::test::TempDir;

namespace {

std::string digest_of(const fs::path &path) {
  Result<RegularFile> file = RegularFile::open(path);
  REQUIRE(file);
  return *file_digest(*file);
}

std::vector<fs::path> entries(const TempDir &dir) {
  std::vector<fs::path> found;
  const fs::path cache = dir.path() / "execlet/probe";
  if (!fs::exists(cache)) return found;
  for (const auto &entry : fs::directory_iterator(cache)) found.push_back(entry.path());
  return found;
}

}  // namespace

TEST_CASE("an entry is read back, in a directory of the user's own") {
  const TempDir dir;
  const ScopedEnv cache("XDG_CACHE_HOME", dir.path().c_str());
  CHECK_FALSE(read_load_cache("a"));
  write_load_cache("a", "text\n");
  CHECK(read_load_cache("a") == "text\n");
  write_load_cache("a", "other");
  CHECK(read_load_cache("a") == "other");
  CHECK(entries(dir).size() == 1);
  struct stat status = {};
  REQUIRE(stat((dir.path() / "execlet/probe").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0700);
}

TEST_CASE("without XDG_CACHE_HOME the cache is below HOME, without HOME there is none") {
  const TempDir dir;
  const ScopedEnv cache("XDG_CACHE_HOME", nullptr);
  {
    const ScopedEnv home("HOME", dir.path().c_str());
    write_load_cache("a", "text");
    CHECK(execlet::test::read_whole_file(dir.path() / ".cache/execlet/probe/a") == "text");
  }
  const ScopedEnv home("HOME", nullptr);
  write_load_cache("a", "text");
  CHECK_FALSE(read_load_cache("a"));
}

TEST_CASE("an entry that others could have written is not believed") {
  const TempDir dir;
  const ScopedEnv cache("XDG_CACHE_HOME", dir.path().c_str());
  write_load_cache("a", "text");
  REQUIRE(chmod((dir.path() / "execlet/probe/a").c_str(), 0666) == 0);
  CHECK_FALSE(read_load_cache("a"));
  fs::remove(dir.path() / "execlet/probe/a");
  dir.write("elsewhere", "text");
  fs::create_symlink(dir.path() / "elsewhere", dir.path() / "execlet/probe/a");
  CHECK_FALSE(read_load_cache("a"));
}

TEST_CASE("nothing is kept in a directory that others can write to") {
  const TempDir dir;
  const ScopedEnv cache("XDG_CACHE_HOME", dir.path().c_str());
  REQUIRE(chmod(dir.path().c_str(), 0777) == 0);
  write_load_cache("a", "text");
  CHECK(entries(dir).empty());
}

TEST_CASE("the cache starts over when it is crowded") {
  const TempDir dir;
  const ScopedEnv cache("XDG_CACHE_HOME", dir.path().c_str());
  for (int i = 0; i < 600; ++i) write_load_cache("entry-" + std::to_string(i), "x");
  CHECK(entries(dir).size() <= 512);
  CHECK(read_load_cache("entry-599") == "x");
}

TEST_CASE("concurrent writers and readers see whole entries") {
  const TempDir dir;
  const ScopedEnv cache("XDG_CACHE_HOME", dir.path().c_str());
  write_load_cache("a", std::string(1000, 'a'));
  std::vector<std::thread> threads;
  std::atomic<int> torn = 0;
  for (const char letter : {'a', 'b'})
    threads.emplace_back([&torn, letter] {
      for (int i = 0; i < 100; ++i) {
        write_load_cache("a", std::string(1000, letter));
        const auto text = read_load_cache("a");
        if (!text || text->size() != 1000 || text->find_first_not_of((*text)[0]) != std::string::npos) ++torn;
      }
    });
  for (std::thread &thread : threads) thread.join();
  CHECK(torn == 0);
  CHECK(entries(dir).size() == 1);
}

TEST_CASE("a digest is that of the content, and follows the file when it changes") {
  const TempDir dir;
  const ScopedEnv cache("XDG_CACHE_HOME", dir.path().c_str());
  const fs::path file = dir.write("x", "");
  CHECK(digest_of(file) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  dir.write("x", "hello");
  CHECK(digest_of(file) == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  // Larger than the block that it is read in.
  dir.write("x", std::string(1000000, 'a'));
  CHECK(digest_of(file) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("a file that was just written is not remembered, an older one is") {
  const TempDir dir;
  const ScopedEnv cache("XDG_CACHE_HOME", dir.path().c_str());
  digest_of(dir.write("x", "hello"));
  CHECK(entries(dir).empty());
  const fs::path old = fs::canonical("/bin/sh");
  const std::string digest = digest_of(old);
  REQUIRE(entries(dir).size() == 1);
  CHECK(digest_of(old) == digest);

  // What is remembered is used (so this lie is believed) as long as it is about this very state of the file.
  const fs::path entry = entries(dir).front();
  const std::string text = execlet::test::read_whole_file(entry);
  const std::string lie(64, '0');
  write_load_cache(entry.filename(), text.substr(0, text.size() - 64) + lie);
  CHECK(digest_of(old) == lie);
  write_load_cache(entry.filename(), "1" + text.substr(0, text.size() - 64) + lie);
  CHECK(digest_of(old) == digest);
}
