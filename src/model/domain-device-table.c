/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of controllers, file systems, host devices and the many small devices. */
#include "model/tables.h"

#define INFO X_INLINE(".", info, virDeviceInfo, XF_ABI)
#define VIRTIO X_INLINE("driver", virtio, virVirtioOptions, XF_ABI)

/* --- controllers --- */
#define S virDomainControllerDef
#define MODEL(member, T) X_ENUM("@model", member, T, XF_ABI, .bad = "Unknown model type '%s'")
static const virXmlRow pciCase[] = { MODEL(pciModel, virDomainControllerModelPci), X_END };
static const virXmlRow scsiCase[] = { MODEL(scsiModel, virDomainControllerModelScsi), X_END };
static const virXmlRow usbCase[] = {
    MODEL(usbModel, virDomainControllerModelUsb),
    X_INT("@ports", ports, XF_ABI, X_HAS(hasPorts)),
    X_END
};
static const virXmlRow ideCase[] = { MODEL(ideModel, virDomainControllerModelIde), X_END };
static const virXmlRow vioserialCase[] = {
    MODEL(vioserialModel, virDomainControllerModelVirtioSerial),
    X_INT("@ports", ports, XF_ABI, X_HAS(hasPorts)),
    X_INT("@vectors", vectors, XF_ABI, X_HAS(hasVectors)),
    X_END
};
static const virXmlRow xenbusCase[] = {
    MODEL(noModel, virDomainControllerNoModel),
    X_INT("@maxGrantFrames", maxGrantFrames, XF_ABI, X_HAS(hasMaxGrantFrames)),
    X_INT("@maxEventChannels", maxEventChannels, XF_ABI, X_HAS(hasMaxEventChannels)),
    X_END
};
static const virXmlRow pciTargetCase[] = {
    X_ENUM("model/@name", pciName, virDomainControllerPciModelName, XF_ABI | XF_WANTED, .bad = "Unknown PCI controller model name '%s'", .code = VIR_ERR_XML_ERROR),
    X_INT("target/@chassisNr", chassisNr, XF_ABI | XF_ANYBASE, X_HAS(hasChassisNr)),
    X_INT("target/@chassis", chassis, XF_ABI | XF_ANYBASE, X_HAS(hasChassis)),
    X_INT("target/@port", port, XF_ABI | XF_ANYBASE | XF_HEX, .digits = 1, X_HAS(hasPort)),
    X_INT("target/@busNr", busNr, XF_ABI | XF_ANYBASE, X_HAS(hasBusNr)),
    X_INT("target/@index", targetIndex, XF_ABI | XF_ANYBASE, X_HAS(hasTargetIndex)),
    X_ONOFF("target/@hotplug", hotplug, XF_ABI),
    X_KIB("target/@memReserve", memReserve, XF_ABI),
    X_UINT("target/node", numaNode, XF_ABI, X_HAS(hasNumaNode)),
    X_END
};
static const virXmlRow pciHoleCase[] = { X_KIB("pcihole64", pcihole64, XF_ABI, X_HAS(hasPcihole64)), X_END };
#define CASE(name) static X_TYPE_AS(name##Xml, virDomainControllerDef, NULL, name)
static const virXmlRow nvmeCtrlCase[] = { X_STR("serial", serial, XF_ABI), X_END };
static const virXmlRow plainCase[] = { MODEL(noModel, virDomainControllerNoModel), X_END };
CASE(plainCase);
CASE(nvmeCtrlCase);
CASE(pciCase);
CASE(scsiCase);
CASE(usbCase);
CASE(ideCase);
CASE(vioserialCase);
CASE(xenbusCase);
CASE(pciTargetCase);
CASE(pciHoleCase);
#undef CASE
static const virXmlCase controllerCases[] = {
    { VIR_DOMAIN_CONTROLLER_PCI, &pciCaseXml }, { VIR_DOMAIN_CONTROLLER_SCSI, &scsiCaseXml },
    { VIR_DOMAIN_CONTROLLER_USB, &usbCaseXml }, { VIR_DOMAIN_CONTROLLER_IDE, &ideCaseXml },
    { VIR_DOMAIN_CONTROLLER_VIRTIO_SERIAL, &vioserialCaseXml }, { VIR_DOMAIN_CONTROLLER_XENBUS, &xenbusCaseXml },
    { VIR_DOMAIN_CONTROLLER_SATA, &plainCaseXml }, { VIR_DOMAIN_CONTROLLER_FDC, &plainCaseXml }, { VIR_DOMAIN_CONTROLLER_CCID, &plainCaseXml },
    { VIR_DOMAIN_CONTROLLER_ISA, &plainCaseXml }, { VIR_DOMAIN_CONTROLLER_NVME, &nvmeCtrlCaseXml }, { 0 }
};
static const virXmlCase pciTargetCases[] = { { VIR_DOMAIN_CONTROLLER_PCI, &pciTargetCaseXml }, { 0 } };
static const virXmlCase pciHoleCases[] = { { VIR_DOMAIN_CONTROLLER_PCI, &pciHoleCaseXml }, { 0 } };
static const virXmlRow controllerRows[] = {
    X_ENUM("@type", type, virDomainControllerType, XF_ALWAYS | XF_ABI | XF_WANTED),
    X_UINT("@index", idx, XF_ABI, X_HAS(hasIdx)),
    X_UNION(".", type, virDomainControllerType, controllerCases, XF_ABI),
    X_UNION(".", type, virDomainControllerType, pciTargetCases, XF_ABI),
    X_UINT("driver/@queues", queues, XF_ABI),
    X_UINT("driver/@cmd_per_lun", cmdPerLun, 0),
    X_UINT("driver/@max_sectors", maxSectors, 0),
    X_ONOFF("driver/@ioeventfd", ioeventfd, 0),
    X_UINT("driver/@iothread", iothread, 0),
    VIRTIO,
    X_LIST("driver/iothreads/iothread", iothreads, virDomainIothreadMap, 0),
    INFO,
    X_UNION(".", type, virDomainControllerType, pciHoleCases, XF_ABI),
    X_END
};
X_TYPE(virDomainControllerDef, "controller", controllerRows);
#undef MODEL
#undef S

/* --- file systems --- */
#define S virDomainFsDef
static const virXmlRow fsFileCase[] = { X_STR("source/@file", source, 0), X_END };
static const virXmlRow fsBlockCase[] = { X_STR("source/@dev", source, 0), X_END };
static const virXmlRow fsDirCase[] = { X_STR("source/@dir", source, 0), X_STR("source/@socket", socket, 0), X_END };
static const virXmlRow fsNameCase[] = { X_STR("source/@name", source, 0), X_END };
static const virXmlRow fsRamCase[] = { X_(("source/@usage"), SIZE, unsigned long long, ramUsage, 0, .scale = 1024, .unit = "KiB", .unitAttr = "units"), X_END };
static const virXmlRow fsVolumeCase[] = { X_STR("source/@pool", pool, 0), X_STR("source/@volume", volume, 0), X_END };
#define CASE(name) static X_TYPE_AS(name##Xml, virDomainFsDef, NULL, name)
CASE(fsFileCase);
CASE(fsBlockCase);
CASE(fsDirCase);
CASE(fsNameCase);
CASE(fsRamCase);
CASE(fsVolumeCase);
#undef CASE
static const virXmlCase fsCases[] = {
    { VIR_DOMAIN_FS_TYPE_MOUNT, &fsDirCaseXml },    { VIR_DOMAIN_FS_TYPE_BIND, &fsDirCaseXml },  { VIR_DOMAIN_FS_TYPE_BLOCK, &fsBlockCaseXml },
    { VIR_DOMAIN_FS_TYPE_FILE, &fsFileCaseXml },    { VIR_DOMAIN_FS_TYPE_TEMPLATE, &fsNameCaseXml }, { VIR_DOMAIN_FS_TYPE_RAM, &fsRamCaseXml },
    { VIR_DOMAIN_FS_TYPE_VOLUME, &fsVolumeCaseXml }, { 0 }
};
static const virXmlRow fsRows[] = {
    X_ENUM("@type", type, virDomainFsType, XF_ALWAYS),
    X_ENUM("@accessmode", accessmode, virDomainFsAccessmode, XF_ABI),
    X_ENUM("@model", model, virDomainFsModel, XF_ABI),
    X_ENUM("@multidevs", multidevs, virDomainFsMultidevs, XF_ABI),
    X_UINT("@fmode", fmode, XF_OCTAL, .digits = 4, .max = 0777),
    X_UINT("@dmode", dmode, XF_OCTAL, .digits = 4, .max = 0777),
    X_ENUM("driver/@type", driver, virDomainFsDriver, XF_ABI),
    X_ENUM("driver/@format", format, virStorageFormat, 0),
    X_ENUM("driver/@wrpolicy", wrpolicy, virDomainFsWrpolicy, 0),
    X_ULL("driver/@queue", queueSize, 0),
    VIRTIO,
    X_STR("binary/@path", binary, 0),
    X_ONOFF("binary/@xattr", xattr, 0),
    X_ENUM("binary/cache/@mode", cache, virDomainFsCacheMode, 0),
    X_ENUM("binary/sandbox/@mode", sandbox, virDomainFsSandboxMode, 0),
    X_ONOFF("binary/lock/@posix", posixLock, 0),
    X_ONOFF("binary/lock/@flock", flock, 0),
    X_UINT("binary/openfiles/@max", openFiles, 0),
    X_INT("binary/thread_pool/@size", threadPool, 0, X_HAS(hasThreadPool)),
    X_UNION(".", type, virDomainFsType, fsCases, 0),
    X_LIST("idmap/uid", uidmap, virDomainIdMapEntry, 0),
    X_LIST("idmap/gid", gidmap, virDomainIdMapEntry, 0),
    X_STR("target/@dir", target, XF_ABI),
    X_FLAG("readonly", readonly, XF_ABI),
    INFO,
    X_BYTES("space_hard_limit", spaceHardLimit, 0),
    X_BYTES("space_soft_limit", spaceSoftLimit, 0),
    X_END
};
X_TYPE(virDomainFsDef, "filesystem", fsRows);
#undef S

/* --- host devices --- */
#define S virDomainHostdevDef
static const virXmlRow usbHostCase[] = {
    X_ENUM("@startupPolicy", startupPolicy, virDomainStartupPolicy, 0),
    X_ENUM("@guestReset", guestReset, virDomainHostdevGuestReset, 0),
    X_YESNO("@missing", missing, XF_LIVE),
    X_HEX("vendor/@id", vendor, 4, XF_ANYBASE, X_HAS(hasVendor)),
    X_HEX("product/@id", product, 4, XF_ANYBASE, X_HAS(hasVendor)),
    X_UINT("address/@bus", usbBus, XF_ANYBASE, X_HAS(hasUsbAddress)),
    X_UINT("address/@device", usbDevice, XF_ANYBASE, X_HAS(hasUsbAddress)),
    X_STR("address/@port", usbPort, 0),
    X_END
};
static const virXmlRow pciHostCase[] = {
    X_YESNO("@writeFiltering", writeFiltering, 0),
    X_INLINE_AS("address", pci, virPCIAddress, virPCISourceAddressXml, 0),
    X_END
};
static const virXmlRow scsiLocalCase[] = {
    X_STR("adapter/@name", adapter, XF_REQ, .lack = "'adapter' name must be specified for scsi hostdev source"),
    X_UINT("address/@bus", scsiBus, XF_REQ | XF_ALWAYS, X_HAS(hasScsiAddress)),
    X_UINT("address/@target", scsiTarget, XF_REQ | XF_ALWAYS, X_HAS(hasScsiAddress)),
    X_ULL("address/@unit", scsiUnit, XF_REQ | XF_ALWAYS, X_HAS(hasScsiAddress)),
    X_END
};
static const virXmlRow scsiIscsiCase[] = { X_INLINE_AS(".", iscsi, virStorageSource, virStorageIscsiXml, 0), X_END };
#define CASE(name) static X_TYPE_AS(name##Xml, virDomainHostdevDef, NULL, name)
CASE(scsiLocalCase);
CASE(scsiIscsiCase);
static const virXmlCase scsiCases[] = {
    { VIR_DOMAIN_HOSTDEV_SCSI_PROTOCOL_NONE, &scsiLocalCaseXml }, { VIR_DOMAIN_HOSTDEV_SCSI_PROTOCOL_ISCSI, &scsiIscsiCaseXml }, { 0 }
};
static const virXmlRow scsiHostCase[] = {
    X_ENUM("@protocol", protocol, virDomainHostdevScsiProtocol, 0),
    X_UNION(".", protocol, virDomainHostdevScsiProtocol, scsiCases, 0),
    X_END
};
static const virXmlRow vhostCase[] = {
    X_ENUM("@protocol", hostProtocol, virDomainHostdevScsiHostProtocol, 0, .bad = "Unknown scsi_host subsystem protocol '%s'"),
    X_STR("@wwpn", wwpn, 0),
    X_END
};
static const virXmlRow mdevCase[] = { X_UUID("address/@uuid", mdevUuid, 0), X_END };
CASE(usbHostCase);
CASE(pciHostCase);
CASE(scsiHostCase);
CASE(vhostCase);
CASE(mdevCase);
static const virXmlCase subsysCases[] = {
    { VIR_DOMAIN_HOSTDEV_TYPE_USB, &usbHostCaseXml },        { VIR_DOMAIN_HOSTDEV_TYPE_PCI, &pciHostCaseXml },
    { VIR_DOMAIN_HOSTDEV_TYPE_SCSI, &scsiHostCaseXml },      { VIR_DOMAIN_HOSTDEV_TYPE_SCSI_HOST, &vhostCaseXml },
    { VIR_DOMAIN_HOSTDEV_TYPE_MDEV, &mdevCaseXml },          { 0 }
};
static const virXmlRow subsysCase[] = {
    X_ENUM("driver/@name", backend, virDomainHostdevPciBackend, 0),
    X_STR("driver/@model", driverModel, 0),
    X_YESNO("driver/@iommufd", iommufd, 0),
    X_FLAG("source", hasSource, XF_NOFORMAT),
    X_UNION("source", type, virDomainHostdevType, subsysCases, 0),
    X_END
};
static const virXmlRow capsCase[] = {
    X_STR("source/block", block, 0),
    X_STR("source/char", chardev, 0),
    X_STR("source/interface", netdev, 0),
    X_LIST("ip", ips, virNetIp, 0),
    X_LIST("route", routes, virNetRoute, 0),
    X_END
};
CASE(subsysCase);
CASE(capsCase);
#undef CASE
static const virXmlCase modeCases[] = {
    { VIR_DOMAIN_HOSTDEV_MODE_SUBSYSTEM, &subsysCaseXml }, { VIR_DOMAIN_HOSTDEV_MODE_CAPABILITIES, &capsCaseXml }, { 0 }
};
static const virXmlRow hostdevRows[] = {
    X_ENUM("@mode", mode, virDomainHostdevMode, XF_ALWAYS, .bad = "unknown hostdev mode '%s'"),
    X_ENUM("@type", type, virDomainHostdevType, XF_REQ | XF_ALWAYS, .bad = "unknown host device source address type '%s'", .lack = "missing source address type"),
    X_YESNO("@managed", managed, XF_LENIENT),
    X_ENUM("@sgio", sgio, virDomainDeviceSGIO, 0),
    X_YESNO("@rawio", rawio, 0),
    X_ENUM("@model", model, virDomainHostdevScsiHostModel, XF_ABI),
    X_ONOFF("@display", display, XF_ABI),
    X_ONOFF("@ramfb", ramfb, XF_ABI),
    X_UNION(".", mode, virDomainHostdevMode, modeCases, 0),
    X_ENUM("teaming/@type", teaming, virDomainNetTeamingType, 0),
    X_STR("teaming/@persistent", teamingPersistent, 0),
    X_FLAG("readonly", readonly, XF_ABI),
    X_FLAG("shareable", shareable, XF_ABI),
    INFO,
    X_END
};
X_TYPE(virDomainHostdevDef, "hostdev", hostdevRows);
#undef S

/* --- USB hubs and redirection --- */
#define S virDomainHubDef
static const virXmlRow hubRows[] = { X_ENUM("@type", type, virDomainHubType, XF_REQ | XF_ALWAYS | XF_ABI, .bad = "unknown hub device type '%s'",
                                                          .lack = "missing hub device type", .lackCode = VIR_ERR_INTERNAL_ERROR), INFO, X_END };
X_TYPE(virDomainHubDef, "hub", hubRows);
#undef S
#define S virDomainRedirdevDef
static const virXmlRow redirdevRows[] = {
    X_ENUM("@bus", bus, virDomainRedirdevBus, XF_ALWAYS | XF_ABI, .bad = "unknown redirdev bus '%s'"),
    X_ENUM("@type", source.type, virDomainChrType, XF_REQ | XF_ALWAYS, .bad = "unknown redirdev character device type '%s'",
           .lack = "missing type in redirdev", .lackCode = VIR_ERR_INTERNAL_ERROR),
    X_INLINE(".", source, virDomainChrSource, 0),
    INFO,
    X_END
};
X_TYPE(virDomainRedirdevDef, "redirdev", redirdevRows);
#undef S
#define S virDomainRedirFilterRule
static const virXmlRow ruleRows[] = {
    X_HEX("@class", usbClass, 2, XF_ANYBASE | XF_UPPER, X_HAS(hasClass)),
    X_HEX("@vendor", vendor, 4, XF_ANYBASE | XF_UPPER, X_HAS(hasVendor)),
    X_HEX("@product", product, 4, XF_ANYBASE | XF_UPPER, X_HAS(hasProduct)),
    X_STR("@version", version, 0),
    X_YESNO("@allow", allow, XF_REQ),
    X_END
};
static X_TYPE(virDomainRedirFilterRule, "usbdev", ruleRows);
#undef S
#define S virDomainRedirFilter
static const virXmlRow filterRows[] = { X_LIST("usbdev", rules, virDomainRedirFilterRule, XF_ABI), X_END };
X_TYPE(virDomainRedirFilter, "redirfilter", filterRows);
#undef S

/* --- balloon, rng, watchdog, panic --- */
#define S virDomainMemballoonDef
static const virXmlRow balloonRows[] = {
    X_ENUM("@model", model, virDomainMemballoonModel, XF_REQ | XF_ALWAYS | XF_ABI),
    X_ONOFF("@autodeflate", autodeflate, XF_ABI),
    X_ONOFF("@freePageReporting", freePageReporting, XF_ABI),
    X_UINT("stats/@period", statsPeriod, 0),
    INFO,
    VIRTIO,
    X_END
};
X_TYPE(virDomainMemballoonDef, "memballoon", balloonRows);
#undef S
#define S virDomainChrSource
static const virXmlRow egdRows[] = {
    X_ENUM("@type", type, virDomainChrType, XF_REQ | XF_ALWAYS),
    X_SAME(".", virDomainChrSourceXml, 0),
    X_END
};
static X_TYPE_AS(egdXml, virDomainChrSource, "backend", egdRows);
#undef S
#define S virDomainRngDef
static const virXmlRow randomCase[] = { X_STR(".", path, 0), X_END };
static const virXmlRow egdCase[] = { X_INLINE_AS(".", egd, virDomainChrSource, egdXml, 0), X_END };
static X_TYPE_AS(randomCaseXml, virDomainRngDef, NULL, randomCase);
static X_TYPE_AS(egdCaseXml, virDomainRngDef, NULL, egdCase);
static const virXmlCase rngCases[] = {
    { VIR_DOMAIN_RNG_BACKEND_RANDOM, &randomCaseXml }, { VIR_DOMAIN_RNG_BACKEND_EGD, &egdCaseXml }, { 0 }
};
static const virXmlRow rngRows[] = {
    X_ENUM("@model", model, virDomainRngModel, XF_REQ | XF_ALWAYS | XF_ABI, .bad = "unknown RNG model '%s'", .lack = "missing RNG device model"),
    X_UINT("rate/@bytes", rateBytes, 0),
    X_UINT("rate/@period", ratePeriod, 0),
    X_FLAG("backend", hasBackend, XF_NOFORMAT),
    X_ENUM("backend/@model", backend, virDomainRngBackend, XF_REQ | XF_ALWAYS, .bad = "unknown RNG backend model '%s'",
           .lack = "missing RNG device backend model"),
    X_UNION("backend", backend, virDomainRngBackend, rngCases, 0),
    VIRTIO,
    INFO,
    X_END
};
X_TYPE(virDomainRngDef, "rng", rngRows);
#undef S
#define S virDomainWatchdogDef
static const virXmlRow watchdogRows[] = {
    X_ENUM("@model", model, virDomainWatchdogModel, XF_REQ | XF_ALWAYS | XF_ABI, .bad = "unknown watchdog model '%s'",
           .lack = "watchdog must contain model name", .lackCode = VIR_ERR_INTERNAL_ERROR),
    X_ENUM("@action", action, virDomainWatchdogAction, XF_ALWAYS, .bad = "unknown watchdog action '%s'"),
    INFO,
    X_END
};
X_TYPE(virDomainWatchdogDef, "watchdog", watchdogRows);
#undef S
#define S virDomainPanicDef
static const virXmlRow panicRows[] = { X_ENUM("@model", model, virDomainPanicModel, XF_ABI), INFO, X_END };
X_TYPE(virDomainPanicDef, "panic", panicRows);
#undef S

/* --- TPM --- */
static bool parseBanks(const virXmlRow *row, void *obj, xmlNode *node, virXmlContext *ctx, GError **error)
{
    virDomainTpmDef *tpm = obj;
    for (xmlNode *n = node->children; n; n = n->next) {
        int bank = n->type == XML_ELEMENT_NODE ? virDomainTpmPcrBankFromString((const char *)n->name) : 0;
        if (bank < 0) {
            virXmlErrorAt(error, n, ctx->from, VIR_ERR_CONFIG_UNSUPPORTED, "unsupported PCR banks '%s'", n->name);
            return false;
        }
        if (n->type == XML_ELEMENT_NODE)
            tpm->activePcrBanks |= 1u << bank;
    }
    return true;
}
static void formatBanks(const virXmlRow *row, const void *obj, virXmlOut *out)
{
    for (int i = 0; i < virDomainTpmPcrBankLast; i++) {
        if (!(((const virDomainTpmDef *)obj)->activePcrBanks >> i & 1))
            continue;
        virXmlOutBegin(out, virDomainTpmPcrBankToString(i), true);
        virXmlOutEnd(out);
    }
}
static bool equalBanks(const virXmlRow *row, const void *a, const void *b)
{
    return ((const virDomainTpmDef *)a)->activePcrBanks == ((const virDomainTpmDef *)b)->activePcrBanks;
}
static const virXmlHook pcrBanks = { parseBanks, formatBanks, equalBanks,
    "<zeroOrMore><choice><element name='sha1'><empty/></element><element name='sha256'><empty/></element>"
    "<element name='sha384'><empty/></element><element name='sha512'><empty/></element></choice></zeroOrMore>" };

#define S virDomainTpmDef
static const virXmlRow tpmPassthrough[] = { X_STR("device/@path", path, 0), X_END };
static const virXmlRow tpmEmulator[] = {
    X_YESNO("@persistent_state", persistentState, 0),
    X_UINT("@debug", debug, 0),
    X_UUID("encryption/@secret", secret, 0, X_HAS(hasSecret)),
    X_HOOK("active_pcr_banks", &pcrBanks, XF_ABI),
    X_ENUM("source/@type", sourceType, virDomainTpmSource, 0),
    X_STR("source/@path", sourcePath, 0),
    X_STR("profile/@source", profile, 0),
    X_ENUM("profile/@removeDisabled", removeDisabled, virDomainRemoveDisabled, 0),
    X_STR("profile/@name", profileName, 0),
    X_END
};
static const virXmlRow tpmExternal[] = {
    X_ENUM("source/@type", source.type, virDomainChrType, XF_ALWAYS),
    X_ENUM("source/@mode", source.mode, virDomainChrMode, 0),
    X_STR("source/@path", source.path, 0),
    X_END
};
#define CASE(name) static X_TYPE_AS(name##Xml, virDomainTpmDef, NULL, name)
CASE(tpmPassthrough);
CASE(tpmEmulator);
CASE(tpmExternal);
#undef CASE
static const virXmlCase tpmCases[] = {
    { VIR_DOMAIN_TPM_BACKEND_PASSTHROUGH, &tpmPassthroughXml }, { VIR_DOMAIN_TPM_BACKEND_EMULATOR, &tpmEmulatorXml },
    { VIR_DOMAIN_TPM_BACKEND_EXTERNAL, &tpmExternalXml }, { 0 }
};
static const virXmlRow tpmRows[] = {
    X_ENUM("@model", model, virDomainTpmModel, XF_ABI),
    X_ENUM("backend/@type", backend, virDomainTpmBackend, XF_REQ | XF_ALWAYS | XF_ABI),
    X_ENUM("backend/@version", version, virDomainTpmVersion, XF_ABI),
    X_UNION("backend", backend, virDomainTpmBackend, tpmCases, 0),
    INFO,
    X_END
};
X_TYPE(virDomainTpmDef, "tpm", tpmRows);
#undef S

/* --- smartcards --- */
#define S virDomainSmartcardDef
static const virXmlRow certificatesCase[] = {
    X_STRV("certificate", certificates, 0),
    X_STR("database", database, 0),
    X_END
};
static const virXmlRow smartcardPassthroughCase[] = {
    X_ENUM("@type", source.type, virDomainChrType, XF_REQ | XF_ALWAYS, .bad = "unknown type presented to host for character device: %s",
           .lack = "passthrough mode requires a character device type attribute"),
    X_INLINE(".", source, virDomainChrSource, 0),
    X_END
};
static X_TYPE_AS(certificatesXml, virDomainSmartcardDef, NULL, certificatesCase);
static X_TYPE_AS(smartcardPassthroughXml, virDomainSmartcardDef, NULL, smartcardPassthroughCase);
static const virXmlCase smartcardCases[] = {
    { VIR_DOMAIN_SMARTCARD_HOST_CERTIFICATES, &certificatesXml }, { VIR_DOMAIN_SMARTCARD_PASSTHROUGH, &smartcardPassthroughXml }, { 0 }
};
static const virXmlRow smartcardRows[] = {
    X_ENUM("@mode", mode, virDomainSmartcardMode, XF_REQ | XF_ALWAYS | XF_ABI),
    X_UNION(".", mode, virDomainSmartcardMode, smartcardCases, 0),
    INFO,
    X_END
};
X_TYPE(virDomainSmartcardDef, "smartcard", smartcardRows);
#undef S

/* --- memory modules --- */
#define S virDomainMemoryDef
static const virXmlRow memoryRows[] = {
    X_ENUM("@model", model, virDomainMemoryDeviceModel, XF_REQ | XF_ABI),
    X_ENUM("@access", access, virDomainMemoryAccess, XF_ABI),
    X_YESNO("@discard", discard, XF_ABI),
    X_UUID("uuid", uuid, XF_ABI),
    X_STR("source/path", path, 0),
    X_KIB("source/alignsize", alignsize, 0),
    X_FLAG("source/pmem", pmem, 0),
    X_BITMAP("source/nodemask", nodemask, 0),
    X_KIB("source/pagesize", pagesize, 0),
    X_YESNO("target/@dynamicMemslots", dynamicMemslots, 0),
    X_KIB("target/size", size, XF_REQ | XF_ALWAYS | XF_ABI),
    X_INT("target/node", node, XF_ABI, X_HAS(hasNode)),
    X_KIB("target/label/size", labelSize, XF_ABI),
    X_KIB("target/block", blockSize, XF_ABI),
    X_KIB("target/requested", requested, 0, X_HAS(hasRequested)),
    X_KIB("target/current", current, XF_LIVE, X_HAS(hasRequested)),
    X_FLAG("target/readonly", readonly, XF_ABI),
    X_(("target/address/@base"), ULL, unsigned long long, base, XF_HEX | XF_ANYBASE | XF_ABI, .digits = 1, X_HAS(hasBase)),
    INFO,
    X_END
};
X_TYPE(virDomainMemoryDef, "memory", memoryRows);
#undef S

#define S virDomainShmemDef
static const virXmlRow shmemRows[] = {
    X_STR("@name", name, XF_REQ | XF_ABI),
    X_ENUM("@role", role, virDomainShmemRole, XF_ABI),
    X_ENUM("model/@type", model, virDomainShmemModel, XF_ALWAYS | XF_ABI),
    X_(("size"), SIZE, unsigned long long, size, XF_ABI, .scale = 1 << 20, .unit = "M"),
    X_FLAG("server", server, XF_ABI),
    X_STR("server/@path", serverPath, 0),
    X_FLAG("msi", msi, XF_ABI),
    X_UINT("msi/@vectors", vectors, XF_ABI),
    X_ONOFF("msi/@ioeventfd", ioeventfd, XF_ABI),
    INFO,
    X_END
};
X_TYPE(virDomainShmemDef, "shmem", shmemRows);
#undef S

#define S virDomainIommuDef
static const virXmlRow iommuRows[] = {
    X_ENUM("@model", model, virDomainIommuModel, XF_REQ | XF_ALWAYS | XF_ABI),
    X_ONOFF("driver/@intremap", intremap, XF_ABI),
    X_ONOFF("driver/@caching_mode", cachingMode, XF_ABI),
    X_ONOFF("driver/@eim", eim, XF_ABI),
    X_ONOFF("driver/@iotlb", iotlb, XF_ABI),
    X_UINT("driver/@aw_bits", awBits, XF_ABI),
    X_ONOFF("driver/@dma_translation", dmaTranslation, XF_ABI),
    X_ONOFF("driver/@xtsup", xtsup, XF_ABI),
    X_ONOFF("driver/@passthrough", passthrough, XF_ABI),
    X_ENUM("driver/@granule", granule, virDomainIommuGranule, XF_ABI),
    X_INT("driver/@pciBus", pciBus, XF_ABI, X_HAS(hasPciBus)),
    INFO,
    X_END
};
X_TYPE(virDomainIommuDef, "iommu", iommuRows);
#undef S

#define S virDomainVsockDef
static const virXmlRow vsockRows[] = {
    X_ENUM("@model", model, virDomainVsockModel, XF_ABI),
    X_YESNO("cid/@auto", autoCid, 0),
    X_UINT("cid/@address", cid, XF_ABI),
    INFO,
    VIRTIO,
    X_END
};
X_TYPE(virDomainVsockDef, "vsock", vsockRows);
#undef S

#define S virDomainCryptoDef
static const virXmlRow cryptoRows[] = {
    X_ENUM("@model", model, virDomainCryptoModel, XF_REQ | XF_ALWAYS | XF_ABI),
    X_ENUM("@type", type, virDomainCryptoType, XF_REQ | XF_ALWAYS | XF_ABI),
    X_ENUM("backend/@model", backend, virDomainCryptoBackend, XF_REQ | XF_ALWAYS),
    X_UINT("backend/@queues", queues, 0),
    VIRTIO,
    INFO,
    X_END
};
X_TYPE(virDomainCryptoDef, "crypto", cryptoRows);
#undef S

#define S virDomainNvramDef
static const virXmlRow nvramRows[] = { INFO, X_END };
X_TYPE(virDomainNvramDef, "nvram", nvramRows);
#undef S

#define S virDomainPstoreDef
static const virXmlRow pstoreRows[] = {
    X_ENUM("@backend", backend, virDomainPstoreBackend, XF_REQ | XF_ALWAYS | XF_ABI),
    X_STR("path", path, 0),
    X_KIB("size", size, XF_ABI),
    INFO,
    X_END
};
X_TYPE(virDomainPstoreDef, "pstore", pstoreRows);
#undef S

#define S virDomainLeaseDef
static const virXmlRow leaseRows[] = {
    X_STR("lockspace", lockspace, 0),
    X_STR("key", key, XF_REQ, .lack = "Missing 'key' element for lease"),
    X_STR("target/@path", path, XF_REQ, .lack = "Missing 'target' element for lease"),
    X_ULL("target/@offset", offset, 0),
    X_END
};
X_TYPE(virDomainLeaseDef, "lease", leaseRows);
#undef S
