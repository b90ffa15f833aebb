#include "core/models/model.h"

#include "core/base/check.h"

namespace volary {

void Model::recordRebuild(Ops &) const
{
    VOLARY_CHECK(false, "a model with derived state tensors says how they are rebuilt");
}

} // namespace volary
