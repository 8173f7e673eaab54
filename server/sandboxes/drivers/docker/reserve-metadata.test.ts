import { expect, it } from "vitest";
import { metadataExtents } from "./reserve-metadata";

/** As btrfs-progs 6.2 prints a fresh pool. */
const DUMP = `chunk tree
leaf 22036480 items 4 free space 15781 generation 6 owner CHUNK_TREE
	item 0 key (DEV_ITEMS DEV_ITEM 1) itemoff 16185 itemsize 98
		devid 1 total_bytes 10737418240 bytes_used 562036736
		io_align 4096 io_width 4096 sector_size 4096 type 0
	item 1 key (FIRST_CHUNK_TREE CHUNK_ITEM 13631488) itemoff 16105 itemsize 80
		length 8388608 owner 2 stripe_len 65536 type DATA|single
		io_align 65536 io_width 65536 sector_size 4096
		num_stripes 1 sub_stripes 1
			stripe 0 devid 1 offset 13631488
	item 2 key (FIRST_CHUNK_TREE CHUNK_ITEM 22020096) itemoff 15993 itemsize 112
		length 8388608 owner 2 stripe_len 65536 type SYSTEM|DUP
		num_stripes 2 sub_stripes 1
			stripe 0 devid 1 offset 22020096
			dev_uuid b25d0f31-3a45-42be-9e6b-5b87ab554d40
			stripe 1 devid 1 offset 30408704
	item 3 key (FIRST_CHUNK_TREE CHUNK_ITEM 30408704) itemoff 15881 itemsize 112
		length 268435456 owner 2 stripe_len 65536 type METADATA|single
		num_stripes 1 sub_stripes 1
			stripe 0 devid 1 offset 38797312
`;

it("takes room for every copy of the file system's own records, and for nothing that sandboxes write", () => {
  expect(metadataExtents(DUMP)).toEqual([
    { offset: 22_020_096, length: 8_388_608 },
    { offset: 30_408_704, length: 8_388_608 },
    { offset: 38_797_312, length: 268_435_456 },
  ]);
});

it("takes nothing from what it does not understand", () => {
  expect(metadataExtents("ERROR: something else")).toEqual([]);
});
