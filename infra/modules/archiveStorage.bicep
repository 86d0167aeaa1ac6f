// The archive account: documents and ledgers under an immutability policy, the tables made from them, and quarantine.
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

// The policies cover whole containers: documents can't be changed or deleted, but append blobs (the ledger) may grow, which
// version-level immutability would forbid. A template can only make an unlocked policy. Whoever may manage the account can shorten
// or remove it; once it is locked, nobody can, Microsoft included, and the retention can only be extended, five times.
// infra/README.md has the command, and what to consider first.
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
      // A rule takes at most ten prefixes, and an account a hundred rules: so one rule per container.
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

// Housekeeping lists the archive containers, which needs a role on the account. The right to write is assigned per container, so
// that the archiver can't create one without a policy. Neither role may touch policies.
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

// The SMTP endpoint writes events, and sees nothing else of the archive.
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
    notes: 'The archive. infra/README.md says how to remove it on purpose.'
  }
}

// Who read mails, and who tried to delete any. The archive's own ledger records writes.
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
