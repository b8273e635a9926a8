/* Hellos with Encrypted ClientHello that NSS sent (pcaps/keys-ech), in hexadecimal with their headers, and the key log
 * that opens them. */
#ifndef TLSWHY_TESTS_ECH_VECTORS_H
#define TLSWHY_TESTS_ECH_VECTORS_H

#define ECH_CLIENT_HELLO                                                                                               \
    "010001fc0303952a2238e90fb510b640af23417c15e70e62d98edb0d4fd4638ea13941cd853d00000613011303130201"                 \
    "0001cd0000001500130000107777772e6578616d706c652e7465737400170000ff01000100000a00140012001d001700"                 \
    "18001901000101010201030104003300260024001d0020a0a72c04cb202e2752bfb786ca30205f3b383a0da43591e884"                 \
    "c2080b862f6b70002b0003020304000d0018001604030503060302030804080508060401050106010201002d00020101"                 \
    "001c00024001fe0d00d90000010001070020972fea87a266f24789871647ab42597fcc045a24491f84ad6573332a19bb"                 \
    "fe4000afd51203f096d6c4358e268e2fc1c623129fb28c3082dbb8834d297c87fbb01408460205be64f44eafb665d302"                 \
    "91302abe75fa06497c84078caf7a6e349b7e3fab354cec87541e4ebd2798281eea3396c3f7f41c87ea53a6d269403a60"                 \
    "c70afe9dfd9d660a377c25757e4b0e79a81f0d3722ba8083e1153a2fb126fd18e1dccd84cd06594883c85ffd62d5dd94"                 \
    "8f8cb3e1c4b2c8282fe1047a2234f90abd478df4979bd5dc61ddf5c87dbf57b6726d3400150059000000000000000000"                 \
    "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"                 \
    "0000000000000000000000000000000000000000000000000000000000000000"

#define ECH_SERVER_HELLO                                                                                               \
    "020000560303e4d7ca8d07dafb17ce75e67db16acb478c334ef002fea53df31f410c98b9eb2000130100002e00330024"                 \
    "001d002048176f4e95fe64311333a5ff1d214122b1961c95476e4c3719f6eb54a06d2308002b00020304"

#define ECH_FIRST_HELLO                                                                                                \
    "010001fc03039aac16cb9dc20341cb10d94affb0bc6c09db39a3421aacc9a74826382e91bf3300000613011303130201"                 \
    "0001cd0000001500130000107777772e6578616d706c652e7465737400170000ff01000100000a000600040018001d00"                 \
    "330067006500180061049f686f08343aa62615daf35a3e08573b98948a498dc57618993e98a2dcbc4d17113a04291d30"                 \
    "6be1abe74a5290c59b8e920543355e571b227ab921551f01becfcf3a2c2475a503cbc00a474c7834384ce0e61cd975dc"                 \
    "e3f2d72cdf134fae75bb002b0003020304000d0018001604030503060302030804080508060401050106010201002d00"                 \
    "020101001c00024001fe0d00d90000010001070020228f984de11478305c016c01f5eacedda0012de5f04475b7dfa207"                 \
    "5484ef566900afc8fb0776a476b2dbf8bd39e145fe93027413da98384360dbb33960aaf52bfb0307b7e5a3f30a8c771e"                 \
    "e67a08c2b40e9f6eb0c3707b1d32606fc422ce76c5ad2519ca3328ce5093fbabde759d1b71b9e2233886d03db2b50874"                 \
    "a62f84f0b42f1ffe37cc953b7760464fccd6a09de3716718f4789ea598a7ced270e63a14d4c309274a8bceb3cd5d7215"                 \
    "c4e9e3c76c1a05960de49e86424288f4865226d7a253557991069db4a922504e07a4e6e2eb3800150026000000000000"                 \
    "0000000000000000000000000000000000000000000000000000000000000000"

#define ECH_HELLO_RETRY                                                                                                \
    "020001380303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c00130100011000330002"                 \
    "001d002c00f400f2004d57aa4c64b64ad8c8121600000000aea76498a595aca8863e1efee770e15b00b056db42db605e"                 \
    "e226f7a23e1bee0c34b293f699a0e5cf6aa5cec613e8b231dcc583a31cd6c8b60b1da6a3d561da0eed90575735eb8150"                 \
    "49e7899b7d83d57bd771377b9fa7b8a1dcbc714e88fd0cd574983241e251059ab306a1bb4c50732eb85c97e5620b623f"                 \
    "ea313c24bd6724f94514000e3a8b5a78792c3266cfa2bd7b7ebada5ecbbc08fc12b2539242a9f41d6cb1bb05530ca592"                 \
    "467127a35938a0080e8d51c37222cbfdfd051ceb527ef26ac4272faddd8c8a53816ca89427e595819dab115ea9e7ece5"                 \
    "f1279c04daac36fdfb98002b00020304fe0d00083ad0fc826f8f07d9"

#define ECH_SECOND_HELLO                                                                                               \
    "0100026903039aac16cb9dc20341cb10d94affb0bc6c09db39a3421aacc9a74826382e91bf3300000613011303130201"                 \
    "00023a0000001500130000107777772e6578616d706c652e7465737400170000ff01000100000a000600040018001d00"                 \
    "3300260024001d0020bf529fb9564d21547e6f7e33d1fb8261795141e50975d7fa739d27b27703492b002b0003020304"                 \
    "000d0018001604030503060302030804080508060401050106010201002c00f400f2004d57aa4c64b64ad8c812160000"                 \
    "0000aea76498a595aca8863e1efee770e15b00b056db42db605ee226f7a23e1bee0c34b293f699a0e5cf6aa5cec613e8"                 \
    "b231dcc583a31cd6c8b60b1da6a3d561da0eed90575735eb815049e7899b7d83d57bd771377b9fa7b8a1dcbc714e88fd"                 \
    "0cd574983241e251059ab306a1bb4c50732eb85c97e5620b623fea313c24bd6724f94514000e3a8b5a78792c3266cfa2"                 \
    "bd7b7ebada5ecbbc08fc12b2539242a9f41d6cb1bb05530ca592467127a35938a0080e8d51c37222cbfdfd051ceb527e"                 \
    "f26ac4272faddd8c8a53816ca89427e595819dab115ea9e7ece5f1279c04daac36fdfb98002d00020101001c00024001"                 \
    "fe0d00b9000001000107000000af2678d592734cc07a1a78b601f0aba5b05d1ffb589be028faab538ad78496a691890f"                 \
    "b3b435eb8863fe5473cda819ae44fe609f7e798a421e334c64897715e455858da2a9f95673977c20e7cbb5529a45cd7c"                 \
    "4bb6619f38d1f462db64ade5cf1ac4c1e080bd37c4ddc3e332cebbb9d23a115b62dbe3c7246304396010de49ecd2d152"                 \
    "ec092ef986be73a15c0452f662ff336ce0cd06396502270b10b560940543e1b50b8c01f7115054760175febc42"

#define ECH_LAST_HELLO                                                                                                 \
    "020000560303e1fdbd8b5d71b8c23fba4c5460021f7149cf8d5065585fb440087a9a1bee2abf00130100002e00330024"                 \
    "001d00208cfd4b12a993af712ca944e5c9009e60ea38b38862166f52a819bf46f6014d61002b00020304"

#define ECH_KEY_LOG                                                                                                    \
    "ECH_CONFIG 952a2238e90fb510b640af23417c15e70e62d98edb0d4fd4638ea13941cd853d fe0d003f070020"                       \
    "00201eb1a9f22c834599cdd86faa9179af1a76cbc2acbd13938bdd4ab1bceaa9c11a0004000100014010777777"                       \
    "2e6578616d706c652e746573740000 "                                                                                  \
    "\n"                                                                                                               \
    "ECH_SECRET 952a2238e90fb510b640af23417c15e70e62d98edb0d4fd4638ea13941cd853d 9243881b66db86"                       \
    "9e8c7f009fbca9598cd5a33fed73c6c5f9bb3ab71e23126a6d "                                                              \
    "\n"                                                                                                               \
    "ECH_CONFIG 9aac16cb9dc20341cb10d94affb0bc6c09db39a3421aacc9a74826382e91bf33 fe0d003f070020"                       \
    "00201eb1a9f22c834599cdd86faa9179af1a76cbc2acbd13938bdd4ab1bceaa9c11a0004000100014010777777"                       \
    "2e6578616d706c652e746573740000 "                                                                                  \
    "\n"                                                                                                               \
    "ECH_SECRET 9aac16cb9dc20341cb10d94affb0bc6c09db39a3421aacc9a74826382e91bf33 a3844228cc394a"                       \
    "0b71340f743786476ff44f47a16ff9fafd00beec14df117f7d "                                                              \
    "\n"

#endif
