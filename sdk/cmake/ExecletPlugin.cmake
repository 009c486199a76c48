# execlet_add_plugin(NAME MANIFEST file.json SOURCES a.cpp … [LIBRARIES lib …] [OUTPUT_DIRECTORY dir])
#
# Builds NAME.so: one exported symbol, everything else hidden, no undefined symbols, never unloaded, the manifest
# embedded. The sources include "execlet_manifest.h", which defines the array `execlet_manifest`. The target is called
# execlet-plugin-NAME.
#
# execlet_install_plugin(NAME): installs it where this installation's hosts look by themselves, <libdir>/execlet/plugins.
set(EXECLET_PLUGIN_CMAKE_DIR "${CMAKE_CURRENT_LIST_DIR}")

function(execlet_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MANIFEST;OUTPUT_DIRECTORY" "SOURCES;LIBRARIES")
  if(NOT arg_MANIFEST OR NOT arg_SOURCES)
    message(FATAL_ERROR "execlet_add_plugin(${name}): MANIFEST and SOURCES are needed")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "execlet_add_plugin(${name}): ${arg_UNPARSED_ARGUMENTS} is not understood")
  endif()
  set(target execlet-plugin-${name})
  set(generated "${CMAKE_CURRENT_BINARY_DIR}/${target}-generated")
  cmake_path(ABSOLUTE_PATH arg_MANIFEST BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}")

  add_custom_command(
    OUTPUT "${generated}/execlet_manifest.h"
    COMMAND "${CMAKE_COMMAND}" -DINPUT=${arg_MANIFEST} -DOUTPUT=${generated}/execlet_manifest.h
            -P "${EXECLET_PLUGIN_CMAKE_DIR}/EmbedManifest.cmake"
    DEPENDS "${arg_MANIFEST}" "${EXECLET_PLUGIN_CMAKE_DIR}/EmbedManifest.cmake"
    VERBATIM)

  add_library(${target} MODULE ${arg_SOURCES} "${generated}/execlet_manifest.h")
  target_include_directories(${target} PRIVATE "${generated}")
  target_link_libraries(${target} PRIVATE execlet::sdk ${arg_LIBRARIES})
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${name} C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON LINK_DEPENDS "${EXECLET_PLUGIN_CMAKE_DIR}/plugin.map")
  if(arg_OUTPUT_DIRECTORY)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${arg_OUTPUT_DIRECTORY}")
  elseif(EXECLET_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${EXECLET_PLUGIN_OUTPUT_DIRECTORY}")
  endif()
  target_link_options(${target} PRIVATE
    "LINKER:--version-script=${EXECLET_PLUGIN_CMAKE_DIR}/plugin.map" "LINKER:-z,now,-z,relro,-z,nodelete"
    "LINKER:--exclude-libs,ALL")
  if(NOT EXECLET_SANITIZE)  # the sanitizers' runtime is resolved from the host program
    target_link_options(${target} PRIVATE "LINKER:-z,defs")
  endif()
endfunction()

function(execlet_install_plugin name)
  include(GNUInstallDirs)
  install(TARGETS execlet-plugin-${name} LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/execlet/plugins" COMPONENT plugins)
endfunction()
