/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Baseline of CPUs whose models QEMU alone knows: those of IBM's mainframes. */
#define VIR_FROM VIR_FROM_QEMU
#include "drivers/qemu/cpu.h"
#include "drivers/qemu/monitor.h"
#include <libvirt/libvirt.h>
#include <string.h>

typedef struct {
    GPtrArray *cpus;            /* virCPUDef */
    bool expand;
    virCPUDef *result;
} Question;

static JsonNode *modelOf(const virCPUDef *cpu)
{
    JsonNode *props = qmpArgs("s:x", NULL, NULL);
    for (unsigned int i = 0; i < cpu->features.n; i++) {
        const virCPUFeature *f = cpu->features.v[i];
        bool off = f->policy == VIR_CPU_FEATURE_DISABLE || f->policy == VIR_CPU_FEATURE_FORBID;
        if (f->policy != VIR_CPU_FEATURE_OPTIONAL)
            json_object_set_boolean_member(json_node_get_object(props), f->name, !off);
    }
    return qmpArgs("s:name", cpu->model, "o:props", props, NULL);
}

/* The "model" of a reply, with the features that are on. */
static virCPUDef *cpuOf(JsonNode *reply)
{
    JsonObject *model = qmpObj(qmpReplyObj(reply), "model"), *props = qmpObj(model, "props");
    virCPUDef *cpu = g_new0(virCPUDef, 1);
    cpu->model = g_strdup(qmpStr(model, "name"));
    g_autoptr(GList) names = props ? json_object_get_members(props) : NULL;
    for (GList *l = names; l; l = l->next)
        if (qmpBool(props, l->data))
            virCPUDefSetFeature(cpu, l->data, VIR_CPU_FEATURE_REQUIRE);
    return cpu;
}

static bool call(virQmp *qmp, const char *command, JsonNode *args, Question *q, GError **error)
{
    g_autoptr(JsonNode) reply = NULL;
    if (qmpCall(qmp, command, args, &reply, error) != VIR_QMP_OK)
        return false;
    virCPUDefFree(q->result);
    q->result = cpuOf(reply);
    return true;
}

static int byName(const void *a, const void *b)
{
    return strcmp((*(virCPUFeature *const *)a)->name, (*(virCPUFeature *const *)b)->name);
}

static bool ask(virQmp *qmp, gpointer data, GError **error)
{
    Question *q = data;
    q->result = virCPUDefCopy(q->cpus->pdata[0]);
    for (unsigned int i = q->result->features.n; i-- > 0;)      /* a host's has no policies */
        if (q->result->features.v[i]->policy != VIR_CPU_FEATURE_REQUIRE && q->result->features.v[i]->policy != VIR_CPU_FEATURE_FORCE)
            virCPUDefDropFeature(q->result, i);
    for (guint i = 1; i < q->cpus->len; i++)
        if (!call(qmp, "query-cpu-model-baseline",
                  qmpArgs("o:modela", modelOf(i == 1 ? q->cpus->pdata[0] : q->result), "o:modelb", modelOf(q->cpus->pdata[i]), NULL), q, error))
            return false;
    if (!q->expand)
        return true;
    if (!call(qmp, "query-cpu-model-expansion", qmpArgs("s:type", "full", "o:model", modelOf(q->result), NULL), q, error))
        return false;
    if (q->result->features.n > 0)
        qsort(q->result->features.v, q->result->features.n, sizeof(void *), byName);
    return true;
}

char *qemuCpuAskBaseline(qemuCapsCache *cache, const qemuCaps *caps, bool kvm, const char *const *xml, guint n, unsigned int flags, GError **error)
{
    g_autoptr(GPtrArray) cpus = g_ptr_array_new_with_free_func((GDestroyNotify)virCPUDefFree);
    for (guint i = 0; i < n; i++) {
        virCPUDef *cpu = virCPUDefParse(xml[i], VIR_CPU_DOCUMENT_ANY, false, error);
        if (!cpu)
            return NULL;
        g_ptr_array_add(cpus, cpu);
        if (!cpu->model) {
            virSetError(error, VIR_ERR_INVALID_ARG, "no CPU model specified at index %u", i);
            return NULL;
        }
    }
    if (n == 0) {
        virSetError(error, VIR_ERR_INVALID_ARG, "no CPUs given");
        return NULL;
    }
    Question q = { .cpus = cpus, .expand = flags & VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES };
    bool ok = qemuCapsAsk(cache, caps->binary, kvm, ask, &q, error);
    g_autoptr(virCPUDef) result = q.result;
    return ok ? virCPUDefFormatHost(result) : NULL;
}
