// MailDepot on Azure. infra/README.md says how to deploy it, what it costs, and what to prove first.
targetScope = 'resourceGroup'

import { archiveContainer, mailbox, mailboxSettings, noticeRelay, noticeSettings, recipient, recipientSettings } from 'modules/settings.bicep'

@description('Region of all resources.')
param location string = resourceGroup().location

@description('First part of every name: a lower-case letter, then lower-case letters and digits.')
@minLength(3)
@maxLength(9)
param name string = 'maildepot'

@description('The archive containers, each a retention unit.')
@minLength(1)
param archiveContainers archiveContainer[]

@description('The recipients that SMTP accepts. All recipients of one mail must lead to the same archive container.')
@minLength(1)
param recipients recipient[]

@description('Mailboxes that are collected by POP3, and emptied. A person puts their passwords into the key vault.')
param mailboxes mailbox[] = []

@description('Object ids of the people and groups who add, change and poll mailboxes with `maildepot pop3`. They can\'t read mail.')
param mailboxAdministrators string[] = []

@description('The SMTP relay for mails to administrators about failing mailboxes. A person puts its password into the key vault. Without a relay, the alerts report them.')
param notices noticeRelay?

@description('The host name that SMTP clients connect to, as in an MX record or a connector.')
param smtpHostname string

@description('Name of the certificate in the key vault, put there by a person, for TLS on port 25. Empty: each start makes a self-signed one.')
param smtpCertificate string = ''

@description('The name required in a client\'s certificate: mail.protection.outlook.com admits Exchange Online, of any tenant. Empty: clients need no certificate.')
param smtpClientCertificate string = ''

@description('Who gets the alerts.')
@minLength(1)
param alertEmails string[]

@description('Repository and tag of the SMTP app\'s image in the deployment\'s own registry, set by deploy.sh. Empty: all but the SMTP app is deployed, which makes the registry to push an image to.')
param image string = ''

@description('Redundancy of both storage accounts: copies in three zones (ZRS), or in a second region too (GZRS).')
@allowed(['Standard_ZRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param redundancy string = 'Standard_ZRS'

@description('Days after its arrival until a document moves from hot to cold, once.')
@minValue(1)
param coldAfterDays int = 30

@description('Days for which deletions in the archive account can be undone.')
@minValue(1)
@maxValue(365)
param softDeleteDays int = 14

@description('Memory of an instance of the Functions app. 512 costs a quarter of 2048.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Maximum number of instances of each function.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('Instances of the archiver that are always ready. 0: the first mail after a quiet time may wait two minutes in the queue.')
@minValue(0)
param archiverAlwaysReady int = 0

@description('Instances of the POP3 collector that are always ready.')
@minValue(0)
param collectorAlwaysReady int = 0

@description('Tickets that an instance of the archiver fetches at once. They share their writes.')
@minValue(1)
@maxValue(32)
param archiverBatch int = 16

@description('Start the .NET 10 worker in a placeholder, which is faster. Off by default, because it may crash there under load (azure-functions-dotnet-worker#3335).')
param usePlaceholder bool = false

@description('Minimum number of replicas of the SMTP app. With two, one answers while the other is replaced.')
@minValue(1)
param minReplicas int = 2

@description('Maximum number of replicas of the SMTP app.')
@minValue(1)
param maxReplicas int = 10

@description('Connections per replica of the SMTP app before another one starts.')
@minValue(1)
param connectionsPerReplica int = 50

@description('Seconds that a replica gets to stop. What still runs five seconds before the end is cut off.')
@minValue(30)
@maxValue(600)
param graceSeconds int = 60

@description('Size of the largest mail that SMTP accepts, in bytes.')
@minValue(1)
param largestMail int = 314572800

@description('Spread replicas over several zones, which the region must have.')
param zoneRedundant bool = true

@description('POP3 servers see a single address, that of a NAT gateway (about 33 USD a month). Many simultaneous connections also need it.')
param natGateway bool = false

@description('Days for which `maildepot log` keeps events.')
@minValue(1)
@maxValue(3650)
param eventDays int = 30

@description('Share of mails that are traced in Application Insights, 0 to 1, as text. Metrics count all mails.')
param traceRatio string = '0.01'

@description('Days for which logs and metrics are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Gigabytes of logs and metrics per day. Beyond the limit nothing more is recorded that day, and alerts that miss their metrics fire. -1: no limit.')
param logDailyGb int = 1

@description('Alert when the oldest ticket has waited this many minutes. After a stop under load or an outage of storage, the Functions host leaves tickets hidden for 10 minutes, rarely twice: a low value alerts on those.')
@minValue(1)
param oldestTicketMinutes int = 25

@description('Alert when no mail arrived for this many hours. 0: never.')
@allowed([0, 1, 2, 3, 4, 5, 6, 24, 48])
param noMailHours int = 24

@description('Monthly amount, in the currency of your bill; a mail is sent when the cost comes near it. start is the first day of a month (yyyy-MM-01); never change it. Without it no budget is created.')
param budget { amount: int, start: string }?

var suffix = take(uniqueString(resourceGroup().id), 8)
var tags = { app: 'MailDepot' }

// Mail for an archive container that does not exist would wait forever: fail the deployment instead.
var known = map(archiveContainers, container => container.name)
var named = union(map(recipients, r => r.container), map(mailboxes, m => m.container))
var missing = filter(named, container => !contains(known, container))
var checkedContainers = empty(missing)
  ? archiveContainers
  : fail('archiveContainers has no ${missing[0]}, to which recipients or mailboxes lead: add it.')

var commonSettings = union(recipientSettings(recipients), {
  MailDepot__WorkStorage: work.outputs.blobEndpoint
  MailDepot__ArchiveStorage: archive.outputs.blobEndpoint
  MailDepot__Telemetry__Identity: 'true'
  MailDepot__Telemetry__TraceRatio: traceRatio
})

module identities 'modules/identities.bicep' = {
  params: { name: name, location: location, tags: tags }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    retentionDays: logRetentionDays
    dailyGb: logDailyGb
    archiverPrincipalId: identities.outputs.archiver.principalId
    smtpPrincipalId: identities.outputs.smtp.principalId
  }
}

module work 'modules/workStorage.bicep' = {
  params: {
    name: '${name}work${suffix}'
    location: location
    tags: tags
    redundancy: redundancy
    archiverPrincipalId: identities.outputs.archiver.principalId
    smtpPrincipalId: identities.outputs.smtp.principalId
  }
}

module archive 'modules/archiveStorage.bicep' = {
  params: {
    name: '${name}archive${suffix}'
    location: location
    tags: tags
    redundancy: redundancy
    containers: checkedContainers
    coldAfterDays: coldAfterDays
    softDeleteDays: softDeleteDays
    workspaceId: monitoring.outputs.workspaceId
    archiverPrincipalId: identities.outputs.archiver.principalId
    smtpPrincipalId: identities.outputs.smtp.principalId
  }
}

module keyVault 'modules/keyVault.bicep' = {
  params: {
    name: '${name}-${suffix}'
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    archiverPrincipalId: identities.outputs.archiver.principalId
    smtpPrincipalId: identities.outputs.smtp.principalId
    smtpCertificate: smtpCertificate
  }
}

module administrators 'modules/mailboxAdministrators.bicep' = if (!empty(mailboxAdministrators)) {
  params: {
    principalIds: mailboxAdministrators
    // The names, not the modules' outputs: what-if can evaluate these.
    workName: '${name}work${suffix}'
    archiveName: '${name}archive${suffix}'
    vaultName: '${name}-${suffix}'
  }
  dependsOn: [work, archive, keyVault]
}

module registry 'modules/registry.bicep' = {
  params: {
    name: '${name}${suffix}'
    location: location
    tags: tags
    smtpPrincipalId: identities.outputs.smtp.principalId
  }
}

module network 'modules/network.bicep' = {
  params: { name: name, location: location, tags: tags, natGateway: natGateway }
}

module functionsApp 'modules/functionsApp.bicep' = {
  params: {
    name: '${name}-${suffix}'
    location: location
    tags: tags
    identity: identities.outputs.archiver
    packageUrl: work.outputs.packageUrl
    subnetId: natGateway ? network.outputs.functionsSubnetId : ''
    instanceMemoryMB: instanceMemoryMB
    maximumInstances: maximumInstances
    archiverAlwaysReady: archiverAlwaysReady
    collectorAlwaysReady: collectorAlwaysReady
    archiverBatch: archiverBatch
    usePlaceholder: usePlaceholder
    workBlobEndpoint: work.outputs.blobEndpoint
    workQueueEndpoint: work.outputs.queueEndpoint
    workTableEndpoint: work.outputs.tableEndpoint
    insightsConnectionString: monitoring.outputs.connectionString
    settings: union(commonSettings, mailboxSettings(mailboxes, keyVault.outputs.uri), noticeSettings(notices == null ? [] : [notices!], keyVault.outputs.uri), {
      MailDepot__EventDays: string(eventDays)
      MailDepot__PasswordStore: keyVault.outputs.uri
    })
  }
}

module containerEnvironment 'modules/containerEnvironment.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    subnetId: network.outputs.smtpSubnetId
    workspaceId: monitoring.outputs.workspaceId
    zoneRedundant: zoneRedundant
  }
}

module smtpApp 'modules/smtpApp.bicep' = if (!empty(image)) {
  params: {
    name: '${name}-smtp'
    location: location
    tags: tags
    identity: identities.outputs.smtp
    environmentId: containerEnvironment.outputs.id
    registryServer: registry.outputs.server
    image: '${registry.outputs.server}/${image}'
    minReplicas: minReplicas
    maxReplicas: maxReplicas
    connectionsPerReplica: connectionsPerReplica
    graceSeconds: graceSeconds
    insightsConnectionString: monitoring.outputs.connectionString
    settings: union(commonSettings, {
      MailDepot__GraceSeconds: string(graceSeconds)
      MailDepot__Smtp__Hostname: smtpHostname
      MailDepot__Smtp__MaxBytes: string(largestMail)
      MailDepot__Smtp__Certificate: empty(smtpCertificate) ? 'self-made' : '${keyVault.outputs.uri}secrets/${smtpCertificate}'
      MailDepot__Smtp__RequireTls: 'true'
      MailDepot__Smtp__ClientCertificate: smtpClientCertificate
    })
  }
}

module alerts 'modules/alerts.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    emails: alertEmails
    oldestTicketMinutes: oldestTicketMinutes
    noMailHours: noMailHours
    collects: !empty(mailboxes) || !empty(mailboxAdministrators)
    receives: !empty(image)
  }
}

module workbook 'modules/workbook.bicep' = {
  params: { location: location, tags: tags, workspaceId: monitoring.outputs.workspaceId }
}

module costBudget 'modules/budget.bicep' = if (budget != null) {
  params: {
    name: name
    amount: budget!.amount
    startDate: budget!.start
    actionGroupId: alerts.outputs.actionGroupId
    contactEmails: alertEmails
  }
}

output workAccount string = work.outputs.name
output archiveAccount string = archive.outputs.name
output keyVault string = keyVault.outputs.name
output registry string = registry.outputs.name
output registryServer string = registry.outputs.server
output functionsApp string = functionsApp.outputs.name
output smtpApp string = empty(image) ? '' : smtpApp!.outputs.name
output smtpHostname string = smtpHostname
@description('The address that the A record of smtpHostname must point to.')
output smtpAddress string = containerEnvironment.outputs.address
@description('The address that POP3 servers see; empty without a NAT gateway.')
output outboundAddress string = network.outputs.outboundAddress
