/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of disks and storage sources. */
#include "model/tables.h"

#define S virStorageHost
static const virXmlRow hostRows[] = {
    X_STR("@name", name, 0),
    X_UINT("@port", port, 0, .max = 65535),
    X_ENUM("@transport", transport, virStorageTransport, 0),
    X_STR("@socket", socket, 0),
    X_END
};
static X_TYPE(virStorageHost, "host", hostRows);
#undef S

#define S virStorageCookie
static const virXmlRow cookieRows[] = { X_STR("@name", name, XF_REQ), X_STR(".", value, XF_SECURE), X_END };
static X_TYPE(virStorageCookie, "cookie", cookieRows);
#undef S

#define S virStorageReservations
static const virXmlRow reservationRows[] = {
    X_YESNO("@enabled", enabled, XF_NOFORMAT),
    X_YESNO("@managed", managed, 0),
    X_STR("source/@type", sourceType, 0),
    X_STR("source/@path", path, 0),
    X_STR("source/@mode", mode, 0),
    X_END
};
static X_TYPE(virStorageReservations, "reservations", reservationRows);
#undef S

#define S virStorageNodeName
static const virXmlRow nodeNameRows[] = { X_STR("@type", type, XF_REQ), X_STR("@name", name, XF_REQ), X_END };
static X_TYPE(virStorageNodeName, "nodename", nodeNameRows);
#undef S

/* --- the source, by type: attributes first, children later, for the attributes of all types stand between them --- */
#define S virStorageSource
static const virXmlRow fileCase[] = { X_STR("@file", path, 0), X_STR("@fdgroup", fdgroup, 0), X_END };
static const virXmlRow blockCase[] = { X_STR("@dev", path, 0), X_END };
static const virXmlRow dirCase[] = { X_STR("@dir", path, 0), X_END };
static const virXmlRow networkCase[] = {
    X_ENUM("@protocol", protocol, virStorageProtocol, XF_REQ),
    X_STR("@name", name, 0),
    X_STR("@query", query, 0),
    X_YESNO("@tls", tls, 0),
    X_STR("@tlsHostname", tlsHostname, 0),
    X_END
};
static const virXmlRow networkChildCase[] = {
    X_LIST("host", hosts, virStorageHost, 0),
    X_STR("snapshot/@name", snapshot, 0),
    X_STR("config/@file", configFile, 0),
    X_STR("initiator/iqn/@name", initiatorIqn, 0),
    X_YESNO("ssl/@verify", sslVerify, 0),
    X_LIST("cookies/cookie", cookies, virStorageCookie, 0),
    X_ULL("readahead/@size", readahead, 0, X_HAS(hasReadahead)),
    X_UINT("timeout/@seconds", timeout, 0),
    X_STR("knownHosts/@path", knownHosts, 0),
    X_STR("identity/@user", nfsUser, 0),
    X_STR("identity/@group", nfsGroup, 0),
    X_STR("identity/@username", knownHostsIdentityUser, 0),
    X_STR("identity/@keyfile", sshKeyfile, 0),
    X_YESNO("reconnect/@enabled", reconnect, 0),
    X_UINT("reconnect/@delay", reconnectTimeout, 0),
    X_END
};
static const virXmlRow volumeCase[] = {
    X_STR("@pool", pool, 0),
    X_STR("@volume", volume, 0),
    X_ENUM("@mode", mode, virStoragePoolMode, 0),
    X_ENUM("@actualType", actual, virStorageType, XF_STATUS),
    X_STR("@actualPath", path, XF_STATUS),
    X_END
};
static const virXmlRow nvmeCase[] = {
    X_STR("@type", sourceType, XF_REQ, .lack = "missing 'type' attribute to disk source"),
    X_YESNO("@managed", nvmeManaged, 0),
    X_UINT("@namespace", nvmeNamespace, XF_REQ | XF_POSITIVE),
    X_END
};
static const virXmlRow nvmeChildCase[] = {
    X_INLINE_AS("address", nvmeAddress, virPCIAddress, virPCISourceAddressXml, 0),
    X_END
};
static const virXmlRow vhostuserCase[] = {
    X_STR("@type", sourceType, XF_REQ, .lack = "missing 'type' attribute for vhostuser disk source"),
    X_STR("@path", path, 0),
    X_END
};
static const virXmlRow vhostuserChildCase[] = {
    X_YESNO("reconnect/@enabled", reconnect, 0),
    X_UINT("reconnect/@timeout", reconnectTimeout, 0),
    X_END
};
#define CASE(name) static X_TYPE_AS(name##Xml, virStorageSource, NULL, name)
CASE(fileCase);
CASE(blockCase);
CASE(dirCase);
CASE(networkCase);
CASE(networkChildCase);
CASE(volumeCase);
CASE(nvmeCase);
CASE(nvmeChildCase);
CASE(vhostuserCase);
CASE(vhostuserChildCase);
#undef CASE
static const virXmlCase storageCases[] = {
    { VIR_STORAGE_FILE, &fileCaseXml },       { VIR_STORAGE_BLOCK, &blockCaseXml },   { VIR_STORAGE_DIR, &dirCaseXml },
    { VIR_STORAGE_NETWORK, &networkCaseXml }, { VIR_STORAGE_VOLUME, &volumeCaseXml }, { VIR_STORAGE_NVME, &nvmeCaseXml },
    { VIR_STORAGE_VHOSTUSER, &vhostuserCaseXml }, { VIR_STORAGE_VHOSTVDPA, &blockCaseXml }, { 0 }
};
static const virXmlCase storageChildCases[] = {
    { VIR_STORAGE_NETWORK, &networkChildCaseXml }, { VIR_STORAGE_NVME, &nvmeChildCaseXml }, { VIR_STORAGE_VHOSTUSER, &vhostuserChildCaseXml }, { 0 }
};
static virXmlType dataStoreXml;
#define SLICE "slices/slice[@type='storage']"
/* <source> of any layer */
static const virXmlRow sourceRows[] = {
    X_UNION(".", type, virStorageType, storageCases, 0),
    X_ENUM("@startupPolicy", startupPolicy, virDomainStartupPolicy, 0),
    X_UINT("@index", index, XF_LIVE),
    X_UNION(".", type, virStorageType, storageChildCases, 0),
    X_OBJ("auth", auth, virStorageAuth, 0),
    X_ULL(SLICE "/@offset", sliceOffset, 0, X_HAS(hasSlice)),
    X_ULL(SLICE "/@size", sliceSize, 0, X_HAS(hasSlice)),
    X_OBJ("encryption", encryption, virStorageEncryption, 0),
    X_OBJ("reservations", reservations, virStorageReservations, 0),
    X_LIST("seclabel", seclabels, virDeviceSeclabel, 0),
    X_OBJ_AS("dataStore", dataStore, virStorageSource, dataStoreXml, 0),
    X_LIST("privateData/nodenames/nodename", nodeNames, virStorageNodeName, XF_STATUS),
    X_END
};
X_TYPE(virStorageSource, "source", sourceRows);
#undef SLICE

static const virXmlRow dataStoreRows[] = {
    X_ENUM("@type", type, virStorageType, XF_ELEM_ON),
    X_ENUM("format/@type", format, virStorageFormat, 0),
    X_SAME("source", virStorageSourceXml, 0),
    X_END
};
static X_TYPE_AS(dataStoreXml, virStorageSource, "dataStore", dataStoreRows);

/* <source> of an iSCSI host device: no type, the protocol alone */
static const virXmlRow iscsiRows[] = {
    X_STR("@name", name, 0),
    X_LIST("host", hosts, virStorageHost, 0),
    X_OBJ("auth", auth, virStorageAuth, 0),
    X_STR("initiator/iqn/@name", initiatorIqn, 0),
    X_END
};
X_TYPE_AS(virStorageIscsiXml, virStorageSource, NULL, iscsiRows);

static virXmlType backingXml;
static const virXmlRow backingRows[] = {
    X_ENUM("@type", type, virStorageType, 0),
    X_UINT("@index", index, XF_LIVE),
    X_ENUM("format/@type", format, virStorageFormat, 0),
    X_BYTES("format/metadata_cache/max_size", metadataCacheMax, 0, X_HAS(hasMetadataCache)),
    X_SAME("source", virStorageSourceXml, 0),
    X_OBJ_AS("backingStore", backing, virStorageSource, backingXml, XF_EMPTY),
    X_END
};
static X_TYPE_AS(backingXml, virStorageSource, "backingStore", backingRows);

/* <mirror>: like a layer, with <format> first */
static const virXmlRow mirrorSourceRows[] = {
    X_ENUM("format/@type", format, virStorageFormat, 0),
    X_BYTES("format/metadata_cache/max_size", metadataCacheMax, 0, X_HAS(hasMetadataCache)),
    X_SAME("source", virStorageSourceXml, 0),
    X_OBJ_AS("backingStore", backing, virStorageSource, backingXml, XF_EMPTY),
    X_END
};
static X_TYPE_AS(mirrorSourceXml, virStorageSource, NULL, mirrorSourceRows);
#undef S

static bool mirrorIsFile(const virXmlRow *row, const void *obj, const virXmlOut *out)
{
    return ((const virDomainDiskMirror *)obj)->source.type == VIR_STORAGE_FILE;
}

#define S virDomainDiskMirror
static const virXmlRow mirrorRows[] = {
    X_ENUM("@type", source.type, virStorageType, 0),
    X_STR("@file", source.path, XF_NOPARSE, .when = mirrorIsFile),      /* the spelling of old clients */
    X_ENUM("@format", source.format, virStorageFormat, XF_NOPARSE, .when = mirrorIsFile),
    X_ENUM("@job", job, virDomainDiskMirrorJob, 0),
    X_ENUM("@ready", ready, virDomainDiskMirrorState, 0),
    X_INLINE_AS(".", source, virStorageSource, mirrorSourceXml, 0),
    X_END
};
static X_TYPE(virDomainDiskMirror, "mirror", mirrorRows);
#undef S

#define S virDomainIoTune
#define TUNE(name, member) X_ULL(name, member, 0)
static const virXmlRow iotuneRows[] = {
    TUNE("total_bytes_sec", totalBytes),
    TUNE("read_bytes_sec", readBytes),
    TUNE("write_bytes_sec", writeBytes),
    TUNE("total_iops_sec", totalIops),
    TUNE("read_iops_sec", readIops),
    TUNE("write_iops_sec", writeIops),
    TUNE("total_bytes_sec_max", totalBytesMax),
    TUNE("read_bytes_sec_max", readBytesMax),
    TUNE("write_bytes_sec_max", writeBytesMax),
    TUNE("total_iops_sec_max", totalIopsMax),
    TUNE("read_iops_sec_max", readIopsMax),
    TUNE("write_iops_sec_max", writeIopsMax),
    TUNE("size_iops_sec", sizeIops),
    X_STR("group_name", group, 0),
    TUNE("total_bytes_sec_max_length", totalBytesMaxLength),
    TUNE("read_bytes_sec_max_length", readBytesMaxLength),
    TUNE("write_bytes_sec_max_length", writeBytesMaxLength),
    TUNE("total_iops_sec_max_length", totalIopsMaxLength),
    TUNE("read_iops_sec_max_length", readIopsMaxLength),
    TUNE("write_iops_sec_max_length", writeIopsMaxLength),
    X_END
};
static X_TYPE(virDomainIoTune, "iotune", iotuneRows);
X_TYPE_AS(virDomainThrottleGroupXml, virDomainIoTune, "throttlegroup", iotuneRows);
#undef S

/* --- statistics, queues, filters --- */
#define S virDomainQueueRef
static const virXmlRow queueRows[] = { X_UINT("@id", id, XF_REQ | XF_ALWAYS), X_END };
static X_TYPE(virDomainQueueRef, "queue", queueRows);
#undef S
#define S virDomainIothreadMap
static const virXmlRow iothreadMapRows[] = { X_UINT("@id", id, XF_REQ | XF_ALWAYS | XF_POSITIVE), X_LIST("queue", queues, virDomainQueueRef, 0), X_END };
X_TYPE(virDomainIothreadMap, "iothread", iothreadMapRows);
#undef S
#define S virDomainStatistic
static const virXmlRow statisticRows[] = { X_UINT("@interval", interval, XF_REQ | XF_ALWAYS), X_END };
static X_TYPE(virDomainStatistic, "statistic", statisticRows);
#undef S
#define S virDomainHistogramBin
static const virXmlRow binRows[] = { X_ULL("@start", start, XF_REQ | XF_ALWAYS), X_END };
static X_TYPE(virDomainHistogramBin, "bin", binRows);
#undef S
#define S virDomainHistogram
static const virXmlRow histogramRows[] = { X_ENUM("@type", type, virDomainHistogramType, 0), X_LIST("bin", bins, virDomainHistogramBin, 0), X_END };
static X_TYPE(virDomainHistogram, "latency_histogram", histogramRows);
#undef S
#define S virDomainThrottleFilter
static const virXmlRow throttleFilterRows[] = { X_STR("@group", group, XF_REQ), X_END };
static X_TYPE(virDomainThrottleFilter, "throttlefilter", throttleFilterRows);
#undef S

#define S virDomainDiskDef
static const virXmlRow diskRows[] = {
    X_ENUM("@type", src.type, virStorageType, XF_ELEM_ON),
    X_ENUM("@device", device, virDomainDiskDevice, XF_ALWAYS | XF_ABI),
    X_ENUM("@model", model, virDomainDiskModel, XF_ABI),
    X_YESNO("@rawio", rawio, 0),
    X_ENUM("@sgio", sgio, virDomainDeviceSGIO, 0),
    X_ENUM("@snapshot", snapshot, virDomainDiskSnapshot, 0),
    X_STR("driver/@name", driverName, 0),
    X_ENUM("driver/@type", src.format, virStorageFormat, 0, .bad = "unknown driver format value '%s'"),
    X_ENUM("driver/@cache", cache, virDomainDiskCache, 0),
    X_ENUM("driver/@error_policy", errorPolicy, virDomainDiskErrorPolicy, 0),
    X_ENUM("driver/@rerror_policy", rerrorPolicy, virDomainDiskErrorPolicy, 0),
    X_ENUM("driver/@io", io, virDomainDiskIo, 0),
    X_ONOFF("driver/@ioeventfd", ioeventfd, 0),
    X_ONOFF("driver/@event_idx", eventIdx, XF_ABI),
    X_ONOFF("driver/@copy_on_read", copyOnRead, 0),
    X_ENUM("driver/@discard", discard, virDomainDiskDiscard, 0),
    X_UINT("driver/@iothread", iothread, XF_POSITIVE),
    X_ENUM("driver/@detect_zeroes", detectZeroes, virDomainDiskDetectZeroes, 0),
    X_UINT("driver/@queues", queues, XF_POSITIVE, X_HAS(hasQueues)),
    X_UINT("driver/@queue_size", queueSize, XF_POSITIVE),
    X_ONOFF("driver/@discard_no_unref", discardNoUnref, 0),
    X_INLINE("driver", virtio, virVirtioOptions, XF_ABI),
    X_LIST("driver/iothreads/iothread", iothreads, virDomainIothreadMap, 0),
    X_LIST("driver/statistics/statistic", statistics, virDomainStatistic, 0),
    X_LIST("driver/statistics/latency_histogram", histograms, virDomainHistogram, 0),
    X_BYTES("driver/metadata_cache/max_size", src.metadataCacheMax, 0, X_HAS(src.hasMetadataCache)),
    X_OBJ("auth", auth, virStorageAuth, 0),
    X_FLAG("source", hasSource, XF_NOFORMAT),
    X_INLINE("source", src, virStorageSource, 0),
    X_OBJ_AS("backingStore", src.backing, virStorageSource, backingXml, XF_EMPTY),
    X_STR("backenddomain/@name", backendDomain, 0),
    X_OBJ("mirror", mirror, virDomainDiskMirror, XF_LIVE),
    X_UINT("geometry/@cyls", cyls, XF_ABI),
    X_UINT("geometry/@heads", heads, XF_ABI),
    X_UINT("geometry/@secs", secs, XF_ABI),
    X_ENUM("geometry/@trans", trans, virDomainDiskGeometryTrans, XF_ABI),
    X_UINT("blockio/@logical_block_size", logicalBlockSize, XF_ABI),
    X_UINT("blockio/@physical_block_size", physicalBlockSize, XF_ABI),
    X_UINT("blockio/@discard_granularity", discardGranularity, XF_ABI),
    X_STR("target/@dev", dst, XF_ABI | XF_SCHEMA_REQ),
    X_ENUM("target/@bus", bus, virDomainDiskBus, XF_ABI),
    X_ENUM("target/@tray", tray, virDomainDiskTray, 0),
    X_ONOFF("target/@removable", removable, XF_ABI),
    X_UINT("target/@rotation_rate", rotationRate, XF_ABI, X_HAS(hasRotationRate)),
    X_ONOFF("target/@dpofua", dpofua, XF_ABI),
    X_INLINE("iotune", iotune, virDomainIoTune, 0),
    X_LIST("throttlefilters/throttlefilter", throttleFilters, virDomainThrottleFilter, 0),
    X_FLAG("readonly", readonly, XF_ABI),
    X_FLAG("shareable", shareable, XF_ABI),
    X_FLAG("transient", transient, XF_ABI),
    X_YESNO("transient/@shareBacking", shareBacking, 0),
    X_STR("serial", serial, XF_ABI),
    X_STR("wwn", wwn, XF_ABI),
    X_STR("vendor", vendor, XF_ABI),
    X_STR("product", product, XF_ABI),
    X_OBJ("encryption", encryption, virStorageEncryption, 0),
    X_INLINE(".", info, virDeviceInfo, XF_ABI),
    X_STR("privateData/qom/@name", qomName, XF_STATUS),
    X_END
};
X_TYPE(virDomainDiskDef, "disk", diskRows);
#undef S
