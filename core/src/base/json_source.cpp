// SPDX-License-Identifier: Apache-2.0
//
// The one translation unit that instantiates Boost.JSON: it is used header-only, because Debian's static library
// is not position-independent and the shared one would be one more thing to load at every start.
#include <boost/json/src.hpp>
