// MailDepot on Azure: infra/README.md tells how to deploy it, what it costs, and what to prove first.
targetScope = 'resourceGroup'

import { archiveContainer, mailbox, mailboxSettings, noticeRelay, noticeSettings, recipient, recipientSettings } from 'modules/settings.bicep'

@description('Region of everything.')
param location string = resourceGroup().location

@description('First part of every name: a lower-case letter, then lower-case letters and digits.')
@minLength(3)
@maxLength(9)
param name string = 'maildepot'

@description('The archive containers: retention units.')
@minLength(1)
param archiveContainers archiveContainer[]

@description('Whose mail is taken by SMTP. Of one mail, all recipients must lead to one archive container.')
@minLength(1)
param recipients recipient[]

@description('Mailboxes that are collected by POP3, and emptied. Their passwords are put into the key vault by a person.')
param mailboxes mailbox[] = []

@description('Object ids of the people and groups that add, change and poll mailboxes with `maildepot pop3`. They can read no mail.')
param mailboxAdministrators string[] = []

@description('The SMTP relay that takes mails to administrators about mailboxes. Its password is put into the key vault by a person. Without it the alerts tell of them.')
param notices noticeRelay?

@description('The name that SMTP clients know, which an MX record or connector names.')
param smtpHostname string

@description('Name of the certificate in the key vault, which a person puts there, for TLS on port 25. Empty: each start makes one for which nobody vouches.')
param smtpCertificate string = ''

@description('Name that a client\'s certificate must have: mail.protection.outlook.com lets in Exchange Online, of any tenant. Empty: none is needed.')
param smtpClientCertificate string = ''

@description('Who gets the alerts.')
@minLength(1)
param alertEmails string[]

@description('The SMTP app\'s image, repository and tag, in the deployment\'s own registry: deploy.sh gives it. Empty: everything but the SMTP app, so that there is a registry to put an image into.')
param image string = ''

@description('Copies of what is kept, in both accounts: in three zones (ZRS), and in a second region too.')
@allowed(['Standard_ZRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param redundancy string = 'Standard_ZRS'

@description('Documents are moved from hot to cold once, so many days after they came.')
@minValue(1)
param coldAfterDays int = 30

@description('Days in which what was deleted in the archive account can be had back.')
@minValue(1)
@maxValue(365)
param softDeleteDays int = 14

@description('Memory of an instance of the Functions app. 512 costs a quarter.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Instances of each function at most.')
@minValue(1)
@maxValue(1000)
param maximumInstances int = 40

@description('Instances of the archiver that are always ready. 0: the first mail after a quiet time may wait two minutes in the queue.')
@minValue(0)
param archiverAlwaysReady int = 0

@description('Instances of the POP3 collector that are always ready.')
@minValue(0)
param collectorAlwaysReady int = 0

@description('Tickets that an instance of the archiver fetches at once; they share their writes.')
@minValue(1)
@maxValue(32)
param archiverBatch int = 16

@description('Start the .NET 10 worker in a placeholder, which is faster. Off, for it may crash there under load (azure-functions-dotnet-worker#3335).')
param usePlaceholder bool = false

@description('Replicas of the SMTP app at least: two, so that one answers while the other is replaced.')
@minValue(1)
param minReplicas int = 2

@description('Replicas of the SMTP app at most.')
@minValue(1)
param maxReplicas int = 10

@description('Connections for which the SMTP app gets one more replica.')
@minValue(1)
param connectionsPerReplica int = 50

@description('Seconds that a replica gets to end; what runs is cut off five before.')
@minValue(30)
@maxValue(600)
param graceSeconds int = 60

@description('Octets of the largest mail taken by SMTP.')
@minValue(1)
param largestMail int = 314572800

@description('Replicas in several zones; needs a region that has them.')
param zoneRedundant bool = true

@description('POP3 servers see one address, through a NAT gateway: about 33 USD a month. Also many connections at once need it.')
param natGateway bool = false

@description('Days for which `maildepot log` keeps events.')
@minValue(1)
@maxValue(3650)
param eventDays int = 30

@description('Share of mails whose trace is told to Application Insights, 0 to 1, as text. Metrics count all.')
param traceRatio string = '0.01'

@description('Days for which logs and metrics are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('Gigabytes of logs and metrics a day; beyond them nothing is taken that day, and alerts that miss their metrics go off. -1: no limit.')
param logDailyGb int = 1

@description('Alert when the oldest ticket waits so many minutes.')
@minValue(1)
param oldestTicketMinutes int = 15

@description('Alert when no mail came for so many hours. 0: never.')
@allowed([0, 1, 2, 3, 4, 5, 6, 24, 48])
param noMailHours int = 24

@description('Money a month (in the currency of your bill) near which mail is sent, from the first of the month at start (yyyy-MM-01; never change it). Without it no budget is made.')
param budget { amount: int, start: string }?

var suffix = take(uniqueString(resourceGroup().id), 8)
var tags = { app: 'MailDepot' }

// Mail that leads to an archive container which is not there would wait for ever: say it now.
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
    // As above, not by their outputs: so what-if can tell what it will do.
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
@description('What an A record of smtpHostname must name.')
output smtpAddress string = containerEnvironment.outputs.address
@description('What POP3 servers see; empty without a NAT gateway.')
output outboundAddress string = network.outputs.outboundAddress
