import { ClerkProvider } from '@clerk/nextjs'
import type { ReactNode } from 'react'

/** Clerk sends a user who has signed up to the profile. */
export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <ClerkProvider signUpFallbackRedirectUrl="/profile">
      <html lang="en">
        <body>{children}</body>
      </html>
    </ClerkProvider>
  )
}
