// Checking outcomes in Qt Test.
#pragma once

#include "core/base/result.h"

#include <QTest>

// Fails the test with the error's own words.
#define VERIFY_OK(expression)                                                                                \
    do {                                                                                                     \
        const auto &outcomeToVerify = (expression);                                                          \
        QVERIFY2(outcomeToVerify, outcomeToVerify ? "" : outcomeToVerify.error().what.c_str());              \
    } while (false)

// Declares `name` as the value of a fallible expression, or fails the test.
#define REQUIRE(declaration, expression)                                                                     \
    auto VOLARY_JOIN(required_, __LINE__) = (expression);                                                    \
    QVERIFY2(VOLARY_JOIN(required_, __LINE__),                                                               \
             VOLARY_JOIN(required_, __LINE__) ? "" : VOLARY_JOIN(required_, __LINE__).error().what.c_str()); \
    declaration = std::move(VOLARY_JOIN(required_, __LINE__)).value()
