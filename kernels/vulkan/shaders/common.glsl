// What every shader begins with.
//
// A shader is given one address: that of its arguments, a struct that launch_args.h spells out for the host.
// Buffers are reached through addresses alone, so that nothing is bound and a recorded run stays as it is when
// states move: their addresses are read from a list on the device.
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference_uvec2 : require

layout(buffer_reference, std430, buffer_reference_align = 4) buffer Floats { float at[]; };
layout(buffer_reference, std430, buffer_reference_align = 16) buffer Fours { vec4 at[]; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Words { uint at[]; };
layout(buffer_reference, std430, buffer_reference_align = 16) readonly buffer Quads { uvec4 at[]; };
layout(buffer_reference, std430, buffer_reference_align = 8) readonly buffer Addresses { uvec2 at[]; };

// ARGUMENTS { members }; PUSHED; declares `p`.
#define ARGUMENTS layout(buffer_reference, std430, buffer_reference_align = 8) readonly buffer Arguments
#define PUSHED layout(push_constant) uniform Pushed { Arguments p; uint firstGroups[8]; }

bool isNull(uvec2 address)
{
    return address == uvec2(0);
}
