// The archive account: documents and ledgers under immutability, the tables that are made from them, and quarantine.
param name string
param location string
param tags object
@allowed(['Standard_ZRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param redundancy string
param containers archiveContainer[]
param coldAfterDays int
param softDeleteDays int
param workspaceId string
param archiverPrincipalId string
param smtpPrincipalId string

import { roles } from 'roles.bicep'
import { archiveContainer } from 'settings.bicep'

var tableNames = ['Receipts', 'Participants', 'Deliveries', 'Containers', 'Mailboxes', 'Uidls', 'Events']

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: redundancy }
  properties: {
    accessTier: 'Hot'
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: true, days: softDeleteDays }
    containerDeleteRetentionPolicy: { enabled: true, days: softDeleteDays }
  }
}

resource archives 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [
  for container in containers: {
    parent: blobs
    name: 'archive-${container.name}'
    properties: { publicAccess: 'None' }
  }
]

// For the container as a whole: documents can't be changed or deleted, append blobs (the ledger) may still grow, which
// version-level immutability would forbid. A template can only make an unlocked policy. Unlocked, whoever may manage
// the account can still shorten or remove it; locked, nobody can, Microsoft included, and the retention can only be
// made longer, five times. infra/README.md has the command, and what to think of before.
resource policies 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2025-06-01' = [
  for (container, i) in containers: if (!(container.?locked ?? false)) {
    parent: archives[i]
    name: 'default'
    properties: {
      immutabilityPeriodSinceCreationInDays: container.retentionDays
      allowProtectedAppendWrites: true
    }
  }
]

resource quarantine 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobs
  name: 'quarantine'
  properties: { publicAccess: 'None' }
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' = [
  for table in tableNames: {
    parent: tableService
    name: table
  }
]

// Once, from hot to cold: each move is billed as a write. Ledgers are append blobs, which have no tier.
resource tiering 'Microsoft.Storage/storageAccounts/managementPolicies@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      // A rule takes ten prefixes: so one for each, which Azure has up to a hundred of.
      rules: [
        for container in containers: {
          name: 'cold-${container.name}'
          enabled: true
          type: 'Lifecycle'
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['archive-${container.name}/documents/'] }
            actions: { baseBlob: { tierToCold: { daysAfterCreationGreaterThan: coldAfterDays } } }
          }
        }
      ]
    }
  }
  dependsOn: [archives]
}

// Housekeeping lists the archive containers: a right of the account. Writing is given for each container, so that the
// archiver can't make a container without a policy. Neither role may touch policies.
resource archiverLists 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, 'archiver', roles.storageBlobDataReader)
  scope: account
  properties: {
    principalId: archiverPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataReader)
  }
}

resource archiverArchives 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (container, i) in containers: {
    name: guid(archives[i].id, 'archiver', roles.storageBlobDataContributor)
    scope: archives[i]
    properties: {
      principalId: archiverPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roles.storageBlobDataContributor
      )
    }
  }
]

resource archiverQuarantine 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(quarantine.id, 'archiver', roles.storageBlobDataContributor)
  scope: quarantine
  properties: {
    principalId: archiverPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageBlobDataContributor
    )
  }
}

resource archiverTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (table, i) in tableNames: {
    name: guid(tables[i].id, 'archiver', roles.storageTableDataContributor)
    scope: tables[i]
    properties: {
      principalId: archiverPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roles.storageTableDataContributor
      )
    }
  }
]

// The SMTP endpoint tells events, and sees nothing else of the archive.
resource smtpEvents 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(tables[indexOf(tableNames, 'Events')].id, 'smtp', roles.storageTableDataContributor)
  scope: tables[indexOf(tableNames, 'Events')]
  properties: {
    principalId: smtpPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageTableDataContributor
    )
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'archive'
  scope: account
  properties: {
    level: 'CanNotDelete'
    notes: 'The archive. infra/README.md tells how to remove it on purpose.'
  }
}

// Who read mails, and who tried to delete any. Writes are told by the archive's own ledger.
#disable-next-line use-recent-api-versions // the linter's 2016-09-01 is older in what it can do
resource access 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'access'
  scope: blobs
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageRead', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

output name string = account.name
output blobEndpoint string = account.properties.primaryEndpoints.blob
