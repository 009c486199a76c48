// SPDX-License-Identifier: Apache-2.0
//
// Boost.JSON's one compilation, where this plugin is built without the rest of the tree.
#include <boost/json/src.hpp>
