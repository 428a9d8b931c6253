/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of the model, one for each struct. Inside src/model/ only (and for the tests). */
#pragma once

#include "model/domain.h"
#include "xml/engine.h"

extern const virXmlNamespace virDomainNamespaces[];
void virDomainFormatNamespaces(const virXmlRow *row, const void *obj, virXmlOut *out);

extern virXmlType virDeviceInfoXml, virVirtioOptionsXml, virPCIAddressXml, virPCISourceAddressXml, virDeviceSeclabelXml;
extern virXmlType virDomainChrSourceXml, virDomainSerialXml, virDomainParallelXml, virDomainConsoleXml, virDomainChannelXml;
extern virXmlType virStorageSourceXml, virStorageAuthXml, virStorageEncryptionXml, virStorageIscsiXml, virDomainDiskDefXml;
extern virXmlType virDomainNetDefXml, virNetDevVPortXml, virNetVlanXml, virNetBandwidthXml, virNetRouteXml;
extern virXmlType virDomainGraphicsDefXml, virDomainVideoDefXml, virDomainSoundDefXml, virDomainAudioDefXml, virDomainInputDefXml;
extern virXmlType virDomainControllerDefXml, virDomainFsDefXml, virDomainHostdevDefXml, virDomainHubDefXml, virDomainRedirdevDefXml,
    virDomainRedirFilterXml, virDomainMemballoonDefXml, virDomainRngDefXml, virDomainWatchdogDefXml, virDomainPanicDefXml, virDomainTpmDefXml,
    virDomainSmartcardDefXml, virDomainMemoryDefXml, virDomainShmemDefXml, virDomainIommuDefXml, virDomainVsockDefXml, virDomainCryptoDefXml,
    virDomainNvramDefXml, virDomainLeaseDefXml;
extern virXmlType virCPUDefXml, virCPUHostXml, virNetIpXml, virNetRouteXml, virCPUFeatureXml, virNumaDistanceXml, virNumaCacheXml,
    virDomainThrottleGroupXml, virDomainIothreadMapXml, virDomainPstoreDefXml;
extern virXmlType virDomainOSDefXml, virSysinfoDefXml, virDomainFeaturesXml, virDomainClockDefXml, virDomainMemBackingXml, virDomainMemTuneXml,
    virDomainNumatuneXml, virDomainVcpuDefXml, virDomainIothreadDefXml, virDomainCputuneXml, virDomainCachetuneXml, virDomainMemorytuneXml, virDomainBlkioDeviceXml, virDomainSeclabelXml,
    virDomainKeyWrapDefXml, virDomainLaunchSecurityXml, virDomainIdMapEntryXml, virDomainQemuCommandlineXml, virDomainQemuCapabilitiesXml,
    virDomainQemuOverrideXml, virDomainQemuDeprecationXml, virDomainXenCommandlineXml,
    virDomainLxcSharesXml, virDomainBhyveCommandlineXml;
extern virXmlType virDomainDefXml;

/* Device kinds by element name, with the list of the domain that holds them; ended by name NULL. */
typedef struct {
    const char *name;           /* "disk" */
    virXmlType *type;
    size_t offset;              /* of the VIR_LIST or pointer in virDomainDef */
    bool single;
    size_t info;                /* offset + 1 of its virDeviceInfo, 0: none */
} virDomainDeviceKind;
extern const virDomainDeviceKind virDomainDeviceKinds[];
