// SPDX-License-Identifier: Apache-2.0
//
// What a fuzz target demands of the code beside not crashing.
#pragma once

#include <cstdlib>

// Ends the program where it stands, so that the stack shows which demand failed.
#define EXECLET_REQUIRE(holds) ((holds) ? (void)0 : std::abort())
