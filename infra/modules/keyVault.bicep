// Passwords of POP3 mailboxes, and the certificate of port 25, put in by a person. The Functions app refers to the passwords, the SMTP
// app reads the certificate.
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
    // No purge protection: the content can be entered again, and a vault that can't be purged would block its name for a second
    // deployment for these days.
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

// Only this secret: the program that listens to the internet can't read passwords.
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
