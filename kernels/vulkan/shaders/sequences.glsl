// Which rows belong to which sequence (core/tensor/ops/rows.h).

// The sequence that owns a row.
uint sequenceOf(Words firstRow, uint sequences, uint row)
{
    uint low = 0, high = sequences - 1;
    while (low < high) {
        const uint middle = (low + high + 1) / 2;
        if (firstRow.at[middle] <= row)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

// The position of a row in its text. Positions are stored as 64 bits, and no text has 2^32 tokens.
uint positionOf(Words firstRow, Words positions, uint sequence, uint row)
{
    return positions.at[2 * sequence] + row - firstRow.at[sequence];
}
