# Turns a JSON file into a C header that defines the array `execlet_manifest` in the manifest section. As numbers and not as
# a string literal: C compilers need not accept literals of more than 4095 characters.
file(READ "${INPUT}" text)
string(JSON checked ERROR_VARIABLE error GET "${text}" "name")
if(error)
  message(FATAL_ERROR "${INPUT}: ${error}")
endif()
file(READ "${INPUT}" hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "((0x..,){20})" "\\1\n  " bytes "${bytes}")
file(WRITE "${OUTPUT}" "/* Generated from ${INPUT}. */
#include <execlet/plugin.h>
EXECLET_ABI_MANIFEST_SECTION static const char execlet_manifest[] = {
  ${bytes}0};
")
