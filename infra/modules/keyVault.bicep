// Passwords of POP3 mailboxes, and the certificate of port 25. A person puts them in; the Functions app refers to the former, the SMTP app reads the latter.
param name string
param location string
param tags object
param workspaceId string
param archiverPrincipalId string
param smtpPrincipalId string
@description('The secret with the certificate; empty if there is none.')
param smtpCertificate string

import { roles } from 'roles.bicep'

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    // No purge protection: what is in here can be typed again, and a vault that can't be purged keeps a second try of
    // the deployment from its name for as long as these days.
    enableSoftDelete: true
    softDeleteRetentionInDays: 7
  }
}

resource archiverReads 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, 'archiver', roles.keyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: archiverPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
  }
}

resource certificate 'Microsoft.KeyVault/vaults/secrets@2025-05-01' existing = {
  parent: vault
  name: empty(smtpCertificate) ? 'none' : smtpCertificate
}

// This secret only: what listens to the internet can read no password.
resource smtpReads 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(smtpCertificate)) {
  name: guid(certificate.id, 'smtp', roles.keyVaultSecretsUser)
  scope: certificate
  properties: {
    principalId: smtpPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
  }
}

#disable-next-line use-recent-api-versions // the linter's 2016-09-01 has no category groups
resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'audit'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}

output name string = vault.name
output uri string = vault.properties.vaultUri
