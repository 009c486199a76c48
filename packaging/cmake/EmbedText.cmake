# Turns an ASCII text file into a C++ source that defines `extern const char NAME[]` in NAMESPACE; as numbers, because a literal may be too
# long for a compiler.
file(READ "${INPUT}" hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "((0x..,){20})" "\\1\n  " bytes "${bytes}")
file(WRITE "${OUTPUT}" "// Generated from ${INPUT}.
namespace ${NAMESPACE} {
extern const char ${NAME}[];
const char ${NAME}[] = {
  ${bytes}0};
}
")
