export {
  ensureCertificateAuthority,
  type CertificateAuthority,
  type ServerCertificate,
} from './certificate-authority.ts'
export { serverNames } from './server-names.ts'
