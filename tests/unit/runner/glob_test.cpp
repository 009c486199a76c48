// SPDX-License-Identifier: Apache-2.0
#include "glob.h"

#include <string>

#include "catch.h"

using execlet::runner::glob_match;
using execlet::runner::glob_may_match_below;

TEST_CASE("wildcards match within one component") {
  CHECK(glob_match("a.txt", "a.txt"));
  CHECK(glob_match("*.txt", "a.txt"));
  CHECK_FALSE(glob_match("*.txt", "dir/a.txt"));
  CHECK_FALSE(glob_match("*.txt", "a.txt.gz"));
  CHECK(glob_match("?.txt", "a.txt"));
  CHECK_FALSE(glob_match("?.txt", "ab.txt"));
  CHECK(glob_match("*", "anything"));
  CHECK_FALSE(glob_match("*", ""));
  CHECK(glob_match("a*b*c", "aXXbYYbZZc"));
  CHECK_FALSE(glob_match("a*b*c", "aXXbYYbZZ"));
  CHECK(glob_match("*\n*", "line\nbreak"));
}

TEST_CASE("sets match one byte") {
  CHECK(glob_match("[abc].txt", "b.txt"));
  CHECK_FALSE(glob_match("[abc].txt", "d.txt"));
  CHECK(glob_match("[a-z][0-9]", "q7"));
  CHECK(glob_match("[!a-z]", "7"));
  CHECK_FALSE(glob_match("[!a-z]", "q"));
  CHECK(glob_match("[]]", "]"));
  CHECK(glob_match("[a-]", "-"));
  CHECK(glob_match("[", "["));
  CHECK(glob_match("x[", "x["));
  CHECK_FALSE(glob_match("[ab", "a"));
}

TEST_CASE("two stars stand for any number of directories") {
  CHECK(glob_match("**", "a"));
  CHECK(glob_match("**", "a/b/c"));
  CHECK(glob_match("**/*.txt", "a.txt"));
  CHECK(glob_match("**/*.txt", "x/y/a.txt"));
  CHECK(glob_match("out/**", "out/a/b"));
  CHECK_FALSE(glob_match("out/**/x", "out/y"));
  CHECK(glob_match("out/**/x", "out/x"));
  CHECK(glob_match("a/**/b/**/c", "a/1/b/2/3/c"));
  CHECK_FALSE(glob_match("out/**", "other/a"));
}

TEST_CASE("hidden files must be named") {
  CHECK_FALSE(glob_match("*", ".hidden"));
  CHECK_FALSE(glob_match("?hidden", ".hidden"));
  CHECK(glob_match(".*", ".hidden"));
  CHECK_FALSE(glob_match("**", ".git/config"));
  CHECK(glob_match(".git/**", ".git/config"));
}

TEST_CASE("only directories that can hold a match are looked into") {
  CHECK_FALSE(glob_may_match_below("*.txt", "dir"));
  CHECK(glob_may_match_below("dir/*.txt", "dir"));
  CHECK_FALSE(glob_may_match_below("dir/*.txt", "other"));
  CHECK_FALSE(glob_may_match_below("dir/*.txt", "dir/sub"));
  CHECK(glob_may_match_below("**", "any/depth"));
  CHECK(glob_may_match_below("a/**/z", "a/b/c"));
}

TEST_CASE("a pattern made to be slow is not") {
  std::string pattern, name(200, 'a');
  for (int i = 0; i < 50; ++i) pattern += "*a";
  CHECK_FALSE(glob_match(pattern + "b", name));
  std::string stars, deep;
  for (int i = 0; i < 50; ++i) {
    stars += "**/";
    deep += "a/";
  }
  CHECK_FALSE(glob_match(stars + "b", deep + "a"));
}
