/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding a procedure in the generated tables. */
#include "rpc/proc.h"

const virRpcProgram *virRpcProgramFind(uint32_t number)
{
    for (const virRpcProgram *p = virRpcPrograms; p->number; p++)
        if (p->number == number)
            return p;
    return NULL;
}

const virRpcProc *virRpcProcFind(uint32_t program, uint32_t number)
{
    const virRpcProgram *p = virRpcProgramFind(program);

    return p && number < p->nprocs && p->procs[number].number ? p->procs + number : NULL;
}
