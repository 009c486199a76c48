// SPDX-License-Identifier: Apache-2.0
//
// Catch2, whichever major version the system has: v2 is one header, v3 several.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
