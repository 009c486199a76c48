# What is installed and where, for the whole project in one place: the layout is a promise to consumers.
#
#   bin/execlet                     the command line tool
#   <libdir>/libexeclet.so          the library; finds all below relative to itself, so that the tree can be moved
#   <libdir>/execlet/               execlet-runner-<arch>, execlet-probe
#   <libdir>/execlet/plugins/       one .so per backend
#   <libdir>/cmake/execlet/         find_package(execlet [COMPONENTS core sdk])
#   <libdir>/pkgconfig/             execlet.pc, execlet-plugin.pc
#   include/execlet/                host API and plugin SDK
#   share/execlet/                  templates for plugins, documentation
#   share/man/                      manual pages
#   share/{bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}/   completions
#
# Components of `cmake --install --component`: core (to run), cli, plugins, dev (to embed), sdk (to write plugins).
include(CMakePackageConfigHelpers)

set(EXECLET_INSTALL_CMAKE_DIR "${CMAKE_INSTALL_LIBDIR}/cmake/execlet")
set(EXECLET_INSTALL_TEMPLATE_DIR "${CMAKE_INSTALL_DATADIR}/execlet/templates")

# The plugin SDK: headers, execlet_add_plugin(), templates. Usable without the library.
install(TARGETS execlet_sdk EXPORT execletSdkTargets)
install(EXPORT execletSdkTargets NAMESPACE execlet:: DESTINATION "${EXECLET_INSTALL_CMAKE_DIR}" COMPONENT sdk)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/sdk/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT sdk)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/sdk/cmake/" DESTINATION "${EXECLET_INSTALL_CMAKE_DIR}" COMPONENT sdk)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/sdk/docs/" DESTINATION "${CMAKE_INSTALL_DATADIR}/execlet/docs" COMPONENT sdk
  FILES_MATCHING PATTERN "*.md")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/sdk/templates/" DESTINATION "${EXECLET_INSTALL_TEMPLATE_DIR}" COMPONENT sdk
  OPTIONAL)

# The library.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_FULL_LIBDIR BASE_DIRECTORY "${CMAKE_INSTALL_FULL_BINDIR}"
  OUTPUT_VARIABLE execlet_bin_to_lib)
install(TARGETS execlet EXPORT execletCoreTargets
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT core NAMELINK_COMPONENT dev
  INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT execletCoreTargets NAMESPACE execlet:: DESTINATION "${EXECLET_INSTALL_CMAKE_DIR}" COMPONENT dev)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/core/include/" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT dev)
foreach(helper execlet-probe execlet-runner-${CMAKE_SYSTEM_PROCESSOR})
  if(TARGET ${helper})
    install(TARGETS ${helper} RUNTIME DESTINATION "${EXECLET_INSTALL_HELPER_DIR}" COMPONENT core)
  endif()
endforeach()

# The command line tool.
if(TARGET execlet-cli)
  set_target_properties(execlet-cli PROPERTIES INSTALL_RPATH "$ORIGIN/${execlet_bin_to_lib}")
  install(TARGETS execlet-cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT cli)
  foreach(section 1 5)
    file(GLOB pages CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/packaging/man/*.${section}")
    install(FILES ${pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man${section}" COMPONENT cli)
  endforeach()
  set(completions "${PROJECT_SOURCE_DIR}/packaging/completions")
  install(FILES "${completions}/execlet.bash" RENAME execlet COMPONENT cli
    DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
  install(FILES "${completions}/_execlet" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" COMPONENT cli)
  install(FILES "${completions}/execlet.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d"
    COMPONENT cli)
endif()

# CMake package and pkg-config files.
configure_package_config_file("${PROJECT_SOURCE_DIR}/packaging/cmake/execletConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/execletConfig.cmake"
  INSTALL_DESTINATION "${EXECLET_INSTALL_CMAKE_DIR}" PATH_VARS EXECLET_INSTALL_PLUGIN_DIR EXECLET_INSTALL_TEMPLATE_DIR)
# Until 1.0 a minor version may break what came before it.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/execletConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/execletConfig.cmake" "${PROJECT_BINARY_DIR}/execletConfigVersion.cmake"
  DESTINATION "${EXECLET_INSTALL_CMAKE_DIR}" COMPONENT sdk)

set(pc_dir "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig")
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY "${pc_dir}" OUTPUT_VARIABLE EXECLET_PC_TO_PREFIX)
file(STRINGS "${PROJECT_SOURCE_DIR}/sdk/include/execlet/abi/base.h" abi_line REGEX "#define EXECLET_ABI_MAJOR ")
string(REGEX REPLACE "[^0-9]" "" EXECLET_ABI_MAJOR "${abi_line}")
foreach(name execlet execlet-plugin)
  configure_file("${PROJECT_SOURCE_DIR}/packaging/pkgconfig/${name}.pc.in" "${PROJECT_BINARY_DIR}/${name}.pc" @ONLY)
endforeach()
install(FILES "${PROJECT_BINARY_DIR}/execlet.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT dev)
install(FILES "${PROJECT_BINARY_DIR}/execlet-plugin.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT sdk)
