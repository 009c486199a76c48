# Warnings and sanitizers, applied PRIVATE to our own targets so that they never reach a consumer.
set(EXECLET_SANITIZE "" CACHE STRING "Value of -fsanitize for all our targets: address,undefined or thread")

function(execlet_target_defaults target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
    # GCC 12 sees overlaps in std::string's own operator+ that are none (bug 105651).
    $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict>)
  if(EXECLET_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(EXECLET_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=${EXECLET_SANITIZE} -fno-omit-frame-pointer
      -fno-sanitize-recover=all)
    target_link_options(${target} PRIVATE -fsanitize=${EXECLET_SANITIZE})
  endif()
endfunction()
