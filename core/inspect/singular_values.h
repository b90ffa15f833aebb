// Singular values of small matrices, and what they say about how much a matrix holds.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace volary {

// Of the matrix [rows, columns], row-major, largest first; min(rows, columns) of them. One-sided Jacobi
// (Hestenes 1958) in double precision: for the N x N matrices of heads, N up to some hundreds. Numbers that
// are not finite give NaN for all.
std::vector<double> singularValues(std::span<const float> matrix, std::size_t rows, std::size_t columns);

// How many directions a matrix uses: the exponential of the entropy of its singular values, each divided by
// their sum (Roy and Vetterli, "The effective rank", 2007). From 1, all in one direction, to the number of
// values; 0 for a matrix of zeros.
double effectiveRank(std::span<const double> singularValues);

} // namespace volary
