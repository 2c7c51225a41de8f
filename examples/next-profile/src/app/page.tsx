import { Show, SignInButton, SignUpButton } from '@clerk/nextjs'
import Link from 'next/link'

export default function HomePage() {
  return (
    <main>
      <h1>Welcome</h1>
      <Show when="signed-out">
        <p>You are signed out.</p>
        <SignUpButton /> <SignInButton />
      </Show>
      <Show when="signed-in">
        <Link href="/profile">Your profile</Link>
      </Show>
    </main>
  )
}
