# Compile flags shared by every target of ours, and the function that makes one target per source folder.

add_library(volary_flags INTERFACE)
target_compile_options(volary_flags INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # gcc 12 sees members of std::variant and std::optional used uninitialised where they are not (its bug 105562),
    # and overlapping copies inside std::string where none can be (its bug 105651).
    target_compile_options(volary_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-maybe-uninitialized -Wno-restrict>)
endif()
# Designated initialisers name what differs from the defaults; the rest is meant to be the default.
target_compile_options(volary_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-missing-field-initializers>)
if(VOLARY_WERROR)
    target_compile_options(volary_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()
if(VOLARY_SANITIZE)
    set(sanitizers "-fsanitize=${VOLARY_SANITIZE}" -fno-omit-frame-pointer)
    if(VOLARY_SANITIZE MATCHES "undefined")
        list(APPEND sanitizers -fno-sanitize-recover=undefined)
    endif()
    target_compile_options(volary_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:${sanitizers}>)
    target_link_options(volary_flags INTERFACE ${sanitizers})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(volary_flags INTERFACE
        $<$<COMPILE_LANGUAGE:CXX>:-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
    target_link_options(volary_flags INTERFACE -Wl,-z,relro,-z,now)
endif()
target_compile_definitions(volary_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:_GLIBCXX_ASSERTIONS>)
if(VOLARY_COVERAGE)
    target_compile_options(volary_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:--coverage -fprofile-update=atomic>)
    target_link_options(volary_flags INTERFACE --coverage)
endif()

# volary_library(NAME FOLDER core/base SOURCES a.cpp ... [LINKS public targets] [PRIVATE_LINKS ...])
#
# Makes a static library of one folder. Includes are written from the project's root ("core/base/result.h"), but
# the root itself is on nobody's include path: each target publishes a link to its own folder only. So a file can
# include just what its target links, and an arrow drawn the wrong way fails to compile.
function(volary_library name)
    cmake_parse_arguments(ARG "" "FOLDER" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
    set(include_root ${CMAKE_BINARY_DIR}/include/${name})
    get_filename_component(parent ${include_root}/${ARG_FOLDER} DIRECTORY)
    file(MAKE_DIRECTORY ${parent})
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${ARG_FOLDER} ${include_root}/${ARG_FOLDER} SYMBOLIC)
    list(TRANSFORM ARG_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/${ARG_FOLDER}/)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_include_directories(${name} PUBLIC ${include_root})
    target_link_libraries(${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_PRIVATE_LINKS} volary_flags)
endfunction()

# volary_test(tst_name SOURCES tst_name.cpp [LINKS targets] [TIMEOUT seconds] [WIDGETS])
#
# One Qt Test program, registered with ctest under its name. It runs without a display, with folders of its own for
# settings and data, and finds tests/data through VOLARY_TEST_DATA. Data that is not part of the project
# (VOLARY_SHARED_DIR) is optional: tests that need it say 'skipped' when it is absent.
function(volary_test name)
    cmake_parse_arguments(ARG "WIDGETS" "TIMEOUT" "SOURCES;LINKS" ${ARGN})
    if(NOT ARG_TIMEOUT)
        set(ARG_TIMEOUT 120)
    endif()
    add_executable(${name} ${ARG_SOURCES})
    set_target_properties(${name} PROPERTIES AUTOMOC ON RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_link_libraries(${name} PRIVATE ${ARG_LINKS} Qt6::Test volary_flags)
    target_compile_definitions(${name} PRIVATE
        VOLARY_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data"
        VOLARY_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
        VOLARY_SHARED_DIR="${VOLARY_SHARED_DIR}")
    if(ARG_WIDGETS)
        target_link_libraries(${name} PRIVATE Qt6::Widgets)
    endif()
    set(home ${CMAKE_BINARY_DIR}/tests/home/${name})
    file(MAKE_DIRECTORY ${home}/run ${home}/data ${home}/config ${home}/cache)
    file(CHMOD ${home}/run PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
    add_test(NAME ${name} COMMAND ${name})
    # Qt Test ends a function after five minutes by itself; how long a test may take is said in one place only.
    math(EXPR milliseconds "1000 * ${ARG_TIMEOUT}")
    set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT
        "QTEST_FUNCTION_TIMEOUT=${milliseconds};QT_QPA_PLATFORM=offscreen;LC_ALL=C.UTF-8;HOME=${home};XDG_RUNTIME_DIR=${home}/run;XDG_DATA_HOME=${home}/data;XDG_CONFIG_HOME=${home}/config;XDG_CACHE_HOME=${home}/cache")
endfunction()
