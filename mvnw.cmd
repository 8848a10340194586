<# : batch portion
@REM ----------------------------------------------------------------------------
@REM Licensed to the Apache Software Foundation (ASF) under one
@REM or more contributor license agreements.  See the NOTICE file
@REM distributed with this work for additional information
@REM regarding copyright ownership.  The ASF licenses this file
@REM to you under the Apache License, Version 2.0 (the
@REM "License"); you may not use this file except in compliance
@REM with the License.  You may obtain a copy of the License at
@REM
@REM    http://www.apache.org/licenses/LICENSE-2.0
@REM
@REM Unless required by applicable law or agreed to in writing,
@REM software distributed under the License is distributed on an
@REM "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY
@REM KIND, either express or implied.  See the License for the
@REM specific language governing permissions and limitations
@REM under the License.
@REM ----------------------------------------------------------------------------

@REM ----------------------------------------------------------------------------
@REM Apache Maven Wrapper startup batch script, adapted from version 3.3.4 (only-script)
@REM
@REM Runs the Maven named in .mvn/wrapper/maven-wrapper.properties, or else one
@REM that can build this project. In this order:
@REM   1. the one that an earlier run downloaded, without touching the network;
@REM   2. a fresh download, checked against the SHA-256 in the properties file;
@REM   3. the mvn on the path, if it is new enough; a line on stderr says so.
@REM
@REM Optional ENV vars
@REM   MVNW_REPOURL - base URL of a mirror of the central repository to download Maven from
@REM   MVNW_USERNAME/MVNW_PASSWORD - user and password for that download
@REM   MVNW_VERBOSE - true: say what is tried
@REM   MAVEN_USER_HOME - where downloads are kept, instead of %USERPROFILE%\.m2
@REM ----------------------------------------------------------------------------

@SETLOCAL
@SET __MVNW_CMD__=
@SET __MVNW_PSMODULEP_SAVE=%PSModulePath%
@SET PSModulePath=
@FOR /F "usebackq tokens=1* delims==" %%A IN (`powershell -noprofile "& {$scriptDir='%~dp0'; icm -ScriptBlock ([Scriptblock]::Create((Get-Content -Raw '%~f0'))) -NoNewScope}"`) DO @(
  IF "%%A"=="MVN_CMD" (set __MVNW_CMD__=%%B) ELSE IF "%%B"=="" (echo %%A) ELSE (echo %%A=%%B)
)
@SET PSModulePath=%__MVNW_PSMODULEP_SAVE%
@SET __MVNW_PSMODULEP_SAVE=
@SET MVNW_REPOURL=
@SET MVNW_USERNAME=
@SET MVNW_PASSWORD=
@SET MVNW_VERBOSE=
@IF NOT "%__MVNW_CMD__%"=="" ("%__MVNW_CMD__%" %*)
@REM PowerShell has said why there is no Maven to run.
@exit /b 1
: end batch / begin powershell #>

$ErrorActionPreference = "Stop"

$oldest = [Version]"3.8.7" # as in pom.xml: requireMavenVersion
$connectMilliseconds = 10000
$stallMilliseconds = 30000

# stdout goes to the batch portion, so what a person reads goes to stderr.
function Say($text) { [Console]::Error.WriteLine("mvnw: $text") }
function Say-Verbose($text) { if ($env:MVNW_VERBOSE -eq "true") { Say $text } }
function Die($text) { Say $text; exit 1 }
function Use-Maven($command) { Write-Output "MVN_CMD=$command"; exit 0 }

# Bounded: WebRequest's timeout covers connecting and the answer's header, ReadWriteTimeout each read after it.
function Get-File($url, $file) {
  [Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
  $request = [Net.WebRequest]::Create($url)
  $request.Timeout = $connectMilliseconds
  if ($request -is [Net.HttpWebRequest]) { $request.ReadWriteTimeout = $stallMilliseconds }
  if ($env:MVNW_USERNAME -and $env:MVNW_PASSWORD) {
    $request.Credentials = New-Object System.Net.NetworkCredential($env:MVNW_USERNAME, $env:MVNW_PASSWORD)
  }
  $response = $request.GetResponse()
  try {
    $out = [IO.File]::Create($file)
    try { $response.GetResponseStream().CopyTo($out) } finally { $out.Dispose() }
  } finally { $response.Dispose() }
}

function Get-Sha256($file) {
  $in = [IO.File]::OpenRead($file)
  try {
    $hash = [Security.Cryptography.SHA256]::Create().ComputeHash($in)
    return ($hash | ForEach-Object { $_.ToString("x2") }) -join ''
  } finally { $in.Dispose() }
}

# Downloads into a directory beside its final place, so that the last step is one rename and two runs at a time do not
# see each other's halves. Throws where that is impossible; a wrong checksum ends the script.
function Install-Maven {
  $work = "$dists/.download.$([Guid]::NewGuid().ToString('N'))"
  [IO.Directory]::CreateDirectory($work) | Out-Null
  try {
    Say-Verbose "downloading Apache Maven $version from $from"
    try { Get-File $url "$work/$archive" }
    catch {
      $cause = $_.Exception
      while ($cause.InnerException) { $cause = $cause.InnerException }
      throw "cannot download Apache Maven $version from $from ($($cause.Message))"
    }
    $actual = Get-Sha256 "$work/$archive"
    if ($actual -ne $expected) {
      return "refusing Apache Maven $version from ${from}: its SHA-256 is $actual, not $expected"
    }
    Add-Type -AssemblyName System.IO.Compression.FileSystem
    [IO.Compression.ZipFile]::ExtractToDirectory("$work/$archive", $work)
    if (-not (Test-Path -LiteralPath "$mavenHome/bin/mvn.cmd" -PathType Leaf)) { # else another run was faster
      if (Test-Path -LiteralPath $mavenHome) { Remove-Item -LiteralPath $mavenHome -Recurse -Force }
      try { [IO.Directory]::Move("$work/apache-maven-$version", $mavenHome) }
      catch { if (-not (Test-Path -LiteralPath "$mavenHome/bin/mvn.cmd" -PathType Leaf)) { throw } }
    }
  } finally {
    Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
  }
}

function Get-MavenVersion($command) {
  $start = New-Object System.Diagnostics.ProcessStartInfo
  $start.FileName = $env:ComSpec
  $start.Arguments = "/d /s /c `"set MAVEN_ARGS=&`"$command`" --version 2>nul <nul`""
  $start.UseShellExecute = $false
  $start.RedirectStandardOutput = $true
  $process = [Diagnostics.Process]::Start($start)
  $answer = $process.StandardOutput.ReadToEnd()
  $process.WaitForExit()
  if ($answer -match 'Apache Maven (\d+\.\d+\.\d+)') { return [Version]$Matches[1] }
}

function Use-MavenOnPath($why) {
  $command = Get-Command mvn -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
  if (-not $command) { Die "$why, and there is no mvn on the path" }
  $path = $command.Path
  $found = Get-MavenVersion $path
  if (-not $found) { Die "$why, and $path does not run (try: mvn --version)" }
  if ($found -lt $oldest) { Die "$why, and $path is $found; $oldest or newer is needed" }
  Say "$why; using $path, which is $found"
  Use-Maven $path
}

$properties = Get-Content -Raw -LiteralPath "$scriptDir/.mvn/wrapper/maven-wrapper.properties" | ConvertFrom-StringData
$url = $properties.distributionUrl
if ($url -notmatch '/(apache-maven-(.+)-bin\.zip)$') {
  Die "distributionUrl in .mvn/wrapper/maven-wrapper.properties must end with apache-maven-VERSION-bin.zip, but is '$url'"
}
$archive = $Matches[1]
$version = $Matches[2]
$expected = $properties.distributionSha256Sum
if (-not $expected) { Die "the SHA-256 of $archive is missing in .mvn/wrapper/maven-wrapper.properties" }
if ($env:MVNW_REPOURL) { $url = "$($env:MVNW_REPOURL.TrimEnd('/'))/org/apache/maven/apache-maven/$version/$archive" }
$from = ([Uri]$url).Authority # without a password that the URL may carry

$mavenUserHome = if ($env:MAVEN_USER_HOME) { $env:MAVEN_USER_HOME } else { "$HOME/.m2" }
$dists = "$mavenUserHome/wrapper/dists/apache-maven-$version"
$mavenHome = "$dists/mvnw"
$candidates = @("$mavenHome/bin/mvn.cmd")
if (Test-Path -LiteralPath $dists) {
  $candidates += Get-ChildItem -LiteralPath $dists -Directory | ForEach-Object { "$($_.FullName)/bin/mvn.cmd" }
}
foreach ($candidate in $candidates) {
  if (Test-Path -LiteralPath $candidate -PathType Leaf) {
    Say-Verbose "using $candidate"
    Use-Maven $candidate
  }
}

try { $refusal = Install-Maven }
catch { Use-MavenOnPath $_.Exception.Message }
if ($refusal) { Die $refusal }
Use-Maven "$mavenHome/bin/mvn.cmd"
