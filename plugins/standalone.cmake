# Included by a plugin's CMakeLists.txt when it is the top of the build (cmake -S plugins/local): takes the SDK from an
# installation and builds the shared static libraries beside the plugin.
#
# It must find execlet: -DCMAKE_PREFIX_PATH=<where execlet is installed>.
find_package(execlet REQUIRED COMPONENTS sdk)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
include("${CMAKE_CURRENT_LIST_DIR}/../packaging/cmake/ExecletWarnings.cmake")
add_subdirectory("${CMAKE_CURRENT_LIST_DIR}/common" common EXCLUDE_FROM_ALL)
