// SPDX-License-Identifier: Apache-2.0
#include "values/limits.h"

#include <limits>

#include "catch.h"

using namespace execlet::core;
using boost::json::value;

namespace {

std::string reason(const Failure &failure) {
  CHECK(failure.status == EXECLET_INVALID_REQUEST);
  CHECK(failure.message.find('\n') == std::string::npos);
  return failure.reason;
}

}  // namespace

TEST_CASE("bytes are integers or text with a unit of 1024") {
  CHECK(parse_bytes(1048576).value() == 1048576);
  CHECK(parse_bytes(std::uint64_t{1} << 40).value() == std::uint64_t{1} << 40);
  CHECK(parse_bytes("512b").value() == 512);
  CHECK(parse_bytes("64k").value() == 65536);
  CHECK(parse_bytes("512m").value() == 512u << 20);
  CHECK(parse_bytes("512M").value() == 512u << 20);
  CHECK(parse_bytes("2g").value() == std::uint64_t{2} << 30);
  CHECK(parse_bytes("1048576").value() == 1048576);
}

TEST_CASE("what is no amount of bytes is refused with the accepted forms and what was found") {
  for (const value &bad : {value("512x"), value("m"), value(""), value("-1m"), value("1.5g"), value(" 1m"),
                           value("1 m"), value("1mb"), value(-5), value(0), value("0m"), value(1.5), value(true),
                           value(nullptr), value("99999999999g"), value("18446744073709551616")}) {
    const auto result = parse_bytes(bad);
    REQUIRE_FALSE(result);
    CHECK(reason(result.failure()) == "value.bytes");
    CHECK(result.failure().message.find("512m") != std::string::npos);
  }
  CHECK(parse_bytes("512x").failure().message.find("found \"512x\"") != std::string::npos);
}

TEST_CASE("cpus are a number or a numeric text, kept in thousandths") {
  CHECK(parse_cpus(1).value() == 1000);
  CHECK(parse_cpus(0.5).value() == 500);
  CHECK(parse_cpus("1.0").value() == 1000);
  CHECK(parse_cpus("0.25").value() == 250);
  for (const value &bad : {value(0), value(-1), value("0"), value("one"), value("1e3"), value("nan"), value(0.0001),
                           value("0x1"), value(1e9), value(std::numeric_limits<double>::quiet_NaN())})
    CHECK(reason(parse_cpus(bad).failure()) == "value.cpus");
}

TEST_CASE("a timeout is a finite number of seconds above zero and at most ten million") {
  CHECK(parse_seconds(30).value() == 30.0);
  CHECK(parse_seconds(0.25).value() == 0.25);
  CHECK(parse_seconds(1e7).value() == 1e7);
  for (const value &bad : {value(0), value(-1), value(1.1e7), value(std::numeric_limits<double>::infinity()),
                           value(std::numeric_limits<double>::quiet_NaN()), value("30"), value(nullptr)})
    CHECK(reason(parse_seconds(bad).failure()) == "value.seconds");
}

TEST_CASE("a grace period may be zero") {
  CHECK(parse_grace_seconds(0).value() == 0.0);
  CHECK(reason(parse_grace_seconds(-0.1).failure()) == "value.seconds");
}

TEST_CASE("each limit has its own form and unit") {
  CHECK(parse_limit("memory", "512m").value() == 512u << 20);
  CHECK(parse_limit("cpus", "0.5").value() == 500);
  CHECK(parse_limit("cpu_time", 1.5).value() == 1500000000);
  CHECK(parse_limit("pids", 64).value() == 64);
  CHECK(parse_limit("open_files", 256).value() == 256);
  CHECK(parse_limit("file_size", "1g").value() == 1u << 30);
  CHECK(parse_limit("output", "10m").value() == 10u << 20);
  CHECK(parse_limit("disk", 1048576).value() == 1048576);
}

TEST_CASE("a limit is given as text in the same forms") {
  CHECK(parse_limit_text("memory", "512m").value() == 512u << 20);
  CHECK(parse_limit_text("memory", "1048576").value() == 1048576);
  CHECK(parse_limit_text("cpus", "0.5").value() == 500);
  CHECK(parse_limit_text("cpu_time", "30").value() == 30000000000);
  CHECK(parse_limit_text("pids", "64").value() == 64);
  CHECK(reason(parse_limit_text("pids", "-1").failure()) == "value.count");
  CHECK(reason(parse_limit_text("pids", "1.5").failure()) == "value.count");
  CHECK(reason(parse_limit_text("cpu_time", "soon").failure()) == "value.seconds");
}

TEST_CASE("zero is refused as a limit, because it would mean none") {
  for (const char *name : {"memory", "cpus", "cpu_time", "pids", "open_files", "file_size", "output", "disk"}) {
    CHECK_FALSE(parse_limit(name, 0));
    CHECK_FALSE(parse_limit_text(name, "0"));
  }
}

TEST_CASE("the failure of a limit names it and the accepted forms") {
  const Failure failure = parse_limit("memory", "lots").failure();
  CHECK(failure.message ==
        "limit memory: expected bytes above 0, as 1048576, \"512b\", \"64k\", \"512m\" or \"2g\", found \"lots\"");
}

TEST_CASE("an unknown limit is refused with the list of limits") {
  const Failure failure = parse_limit("ram", 1).failure();
  CHECK(reason(failure) == "limits.unknown");
  CHECK(failure.message.find("memory, cpus, cpu_time, pids, open_files, file_size, output, disk") != std::string::npos);
  CHECK(parse_limit("wall_time", 1).failure().message.find("`timeout`") != std::string::npos);
}

TEST_CASE("limits have the same names everywhere") {
  for (int i = 0; i < EXECLET_ABI_LIMIT_COUNT; ++i) CHECK(limit_from_name(limit_name(i)) == i);
  CHECK(limit_name(EXECLET_ABI_LIMIT_COUNT).empty());
  CHECK(limit_name(-1).empty());
  CHECK_FALSE(limit_from_name("").has_value());
}

TEST_CASE("a request may make limits stricter and add new ones") {
  RequestLimits ceiling, requested;
  ceiling[EXECLET_ABI_LIMIT_MEMORY] = 1000;
  ceiling[EXECLET_ABI_LIMIT_PIDS] = 10;
  requested[EXECLET_ABI_LIMIT_MEMORY] = 500;
  requested[EXECLET_ABI_LIMIT_CPUS] = 250;
  const auto both = tighten(ceiling, requested);
  REQUIRE(both);
  CHECK(both.value()[EXECLET_ABI_LIMIT_MEMORY] == 500u);
  CHECK(both.value()[EXECLET_ABI_LIMIT_PIDS] == 10u);
  CHECK(both.value()[EXECLET_ABI_LIMIT_CPUS] == 250u);
  CHECK_FALSE(both.value()[EXECLET_ABI_LIMIT_DISK].has_value());
  requested[EXECLET_ABI_LIMIT_MEMORY] = 1000;
  CHECK(tighten(ceiling, requested));
}

TEST_CASE("a looser limit than the executor's is rejected, naming both values") {
  RequestLimits ceiling, requested;
  ceiling[EXECLET_ABI_LIMIT_MEMORY] = 256u << 20;
  requested[EXECLET_ABI_LIMIT_MEMORY] = 512u << 20;
  const auto both = tighten(ceiling, requested);
  REQUIRE_FALSE(both);
  CHECK(both.failure().status == EXECLET_REJECTED);
  CHECK(both.failure().reason == "limits.looser");
  CHECK(both.failure().message.find("512 MiB") != std::string::npos);
  CHECK(both.failure().message.find("256 MiB") != std::string::npos);
}

TEST_CASE("amounts read as people write them") {
  CHECK(format_bytes(1) == "1 byte");
  CHECK(format_bytes(100) == "100 bytes");
  CHECK(format_bytes(1024) == "1 KiB");
  CHECK(format_bytes(512u << 20) == "512 MiB");
  CHECK(format_bytes(std::uint64_t{3} << 29) == "1.5 GiB");
  CHECK(format_bytes(std::uint64_t{5} << 40) == "5120 GiB");
  CHECK(format_seconds(30) == "30 s");
  CHECK(format_seconds(0.2) == "0.2 s");
  CHECK(format_limit(EXECLET_ABI_LIMIT_CPUS, 1500) == "1.5 cpus");
  CHECK(format_limit(EXECLET_ABI_LIMIT_CPU_TIME, 2500000000) == "2.5 s");
  CHECK(format_limit(EXECLET_ABI_LIMIT_PIDS, 64) == "64");
}
