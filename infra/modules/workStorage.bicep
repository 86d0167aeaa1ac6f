// The work account: queues, the spool, and what the Functions host keeps for itself.
// An inline ticket on a queue is the only copy of a mail that we acknowledged, hence the same redundancy as the archive.
// No immutability here: the Functions host rewrites its blobs, and the archiver empties the spool.
param name string
param location string
param tags object
@allowed(['Standard_ZRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param redundancy string
param archiverPrincipalId string
param smtpPrincipalId string

import { roles } from 'roles.bicep'

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

// No soft delete: a spool blob is deleted once its mail is in the archive, and would be stored and paid for twice.
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: { deleteRetentionPolicy: { enabled: false } }
}

resource spool 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobs
  name: 'spool'
  properties: { publicAccess: 'None' }
}

resource leases 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobs
  name: 'leases'
  properties: { publicAccess: 'None' }
}

resource appPackage 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobs
  name: 'app-package'
  properties: { publicAccess: 'None' }
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource archiveQueue 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01' = {
  parent: queueService
  name: 'archive'
}

resource pop3Queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01' = {
  parent: queueService
  name: 'pop3-poll'
}

// The Functions host moves messages here that failed five times. Created in advance, because the host may fail to create them with
// an identity (azure-functions-host#8019).
resource archivePoison 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01' = {
  parent: queueService
  name: 'archive-poison'
}

resource pop3Poison 'Microsoft.Storage/storageAccounts/queueServices/queues@2025-06-01' = {
  parent: queueService
  name: 'pop3-poll-poison'
}

// The Functions host itself needs roles on the whole account: for locks, keys and the package (blobs), triggers and poison
// (queues; Reader and Message Processor are not enough, azure-docs#120932), and diagnostic events (tables).
var archiverRoles = [
  roles.storageBlobDataOwner
  roles.storageQueueDataContributor
  roles.storageTableDataContributor
]
resource archiverAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in archiverRoles: {
    name: guid(account.id, 'archiver', role)
    scope: account
    properties: {
      principalId: archiverPrincipalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

// The SMTP endpoint adds to one queue and can't read it; there is no built-in role that writes blobs without reading.
resource smtpQueueAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(archiveQueue.id, 'smtp', roles.storageQueueDataMessageSender)
  scope: archiveQueue
  properties: {
    principalId: smtpPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageQueueDataMessageSender
    )
  }
}

resource smtpSpoolAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(spool.id, 'smtp', roles.storageBlobDataContributor)
  scope: spool
  properties: {
    principalId: smtpPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageBlobDataContributor
    )
  }
}

output name string = account.name
output blobEndpoint string = account.properties.primaryEndpoints.blob
output queueEndpoint string = account.properties.primaryEndpoints.queue
output tableEndpoint string = account.properties.primaryEndpoints.table
output packageUrl string = '${account.properties.primaryEndpoints.blob}${appPackage.name}'
