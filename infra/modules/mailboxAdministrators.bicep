// The people and groups who may manage POP3 mailboxes with `maildepot pop3 …`. They can read neither mails of the archive nor
// tickets, but they can read the mailboxes' passwords, which they store.
param principalIds string[]
param workName string
param archiveName string
param vaultName string

import { roles } from 'roles.bicep'

resource work 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: workName

  resource queues 'queueServices' existing = {
    name: 'default'

    resource polls 'queues' existing = { name: 'pop3-poll' }
  }

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource leases 'containers' existing = { name: 'leases' }
  }
}

resource archive 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: archiveName

  resource tableService 'tableServices' existing = { name: 'default' }
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

// Definitions and states of mailboxes, what was collected, and the log; no table made from mails.
var tableNames = ['Mailboxes', 'Uidls', 'Events']
resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' existing = [
  for table in tableNames: {
    parent: archive::tableService
    name: table
  }
]

resource writesTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for i in range(0, length(principalIds) * length(tableNames)): {
    name: guid(tables[i % length(tableNames)].id, principalIds[i / length(tableNames)], roles.storageTableDataContributor)
    scope: tables[i % length(tableNames)]
    properties: {
      principalId: principalIds[i / length(tableNames)]
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageTableDataContributor)
    }
  }
]

// Requests polls.
resource asks 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in principalIds: {
    name: guid(work::queues::polls.id, id, roles.storageQueueDataMessageSender)
    scope: work::queues::polls
    properties: {
      principalId: id
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageQueueDataMessageSender)
    }
  }
]

// Keeps visits away while a mailbox is removed.
resource leases 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in principalIds: {
    name: guid(work::blobs::leases.id, id, roles.storageBlobDataContributor)
    scope: work::blobs::leases
    properties: {
      principalId: id
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataContributor)
    }
  }
]

// Sees which archive containers exist, and nothing in them: Reader has no access to data.
resource lists 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in principalIds: {
    name: guid(archive.id, id, roles.reader)
    scope: archive
    properties: {
      principalId: id
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.reader)
    }
  }
]

resource keepsPasswords 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for id in principalIds: {
    name: guid(vault.id, id, roles.keyVaultSecretsOfficer)
    scope: vault
    properties: {
      principalId: id
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsOfficer)
    }
  }
]
