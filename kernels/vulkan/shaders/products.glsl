// Matrix products of one launch and what is done to each of their numbers.

struct Epilogue {
    uvec2 others[2]; // the other arguments in their order
    uint function;
    uint carried;   // which argument is the number so far
    uint broadcast; // bit i: others[i] is [outputs], not [R, outputs]
    float bound;    // of AtMost
};

const uint kMaxEpilogues = 4, kMaxProducts = 8;

struct Product {
    uvec2 weight; // [outputs, inputs]
    uvec2 x;      // [R, inputs]
    uvec2 outs;   // [R, outputs]
    uint outputs, inputs;
    uint epilogueCount;
    uint each; // outputs of a team of linear_few
    Epilogue epilogues[kMaxEpilogues];
};

ARGUMENTS {
    uint count;
    uint rows;
    Product products[kMaxProducts];
};
PUSHED;

// The product that this workgroup works on.
shared Product own;

// By every thread, before anything else; `own` is there afterwards. Returns the number of this workgroup among
// those of the product.
uint findProduct()
{
    uint number = 0;
    while (number + 1 < kMaxProducts && gl_WorkGroupID.x >= firstGroups[number + 1])
        ++number;
    // A thread for each epilogue and one for the rest: all are on their way together.
    const uint thread = gl_LocalInvocationIndex;
    if (thread < kMaxEpilogues)
        own.epilogues[thread] = p.products[number].epilogues[thread];
    if (thread == kMaxEpilogues) {
        own.weight = p.products[number].weight;
        own.x = p.products[number].x;
        own.outs = p.products[number].outs;
        own.outputs = p.products[number].outputs;
        own.inputs = p.products[number].inputs;
        own.epilogueCount = p.products[number].epilogueCount;
        own.each = p.products[number].each;
    }
    barrier();
    return gl_WorkGroupID.x - firstGroups[number];
}

// Lanes that share the sums of an output: few where there are few inputs. Lane l takes the eights l, l + lanes
// and so on. The sums of eight neighbouring lanes are added up in their order, then those of these octets.
const uint kOctet = 8;
uint lanesFor(uint inputs)
{
    return inputs >= 4096 ? 128 : 32;
}

// What the epilogues of a number take besides it.
struct Others {
    float numbers[kMaxEpilogues][2];
};

Others fetchOthers(uint row, uint o)
{
    Others others;
    [[unroll]] for (uint e = 0; e < kMaxEpilogues; ++e) {
        [[unroll]] for (uint i = 0; i < 2; ++i) {
            const uvec2 from = own.epilogues[e].others[i];
            const uint at = ((own.epilogues[e].broadcast >> i & 1) != 0 ? 0 : row * own.outputs) + o;
            others.numbers[e][i] = e < own.epilogueCount && !isNull(from) ? Floats(from).at[at] : 0;
        }
    }
    return others;
}

void write(uint row, uint o, float number, Others others)
{
    [[unroll]] for (uint e = 0; e < kMaxEpilogues; ++e) {
        if (e >= own.epilogueCount)
            break;
        const uint carried = own.epilogues[e].carried;
        const float first = others.numbers[e][0], second = others.numbers[e][1];
        number = apply(own.epilogues[e].function, carried == 0 ? number : first,
                       carried == 0 ? first : carried == 1 ? number : second, carried == 2 ? number : second,
                       own.epilogues[e].bound);
    }
    Floats(own.outs).at[row * own.outputs + o] = number;
}
